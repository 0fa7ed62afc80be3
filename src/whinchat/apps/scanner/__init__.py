"""The scanner: finds every link, decides how dangerous it is, and warns the chat."""
