"""From text to links: extraction, canonical form, unwrapping, site. No network."""
