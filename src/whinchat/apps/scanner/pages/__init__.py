"""The scanner's pages: what it sees and decides, and what admins decide about that. They read like commands and change
like commands: by the same statements, noted in the audit.
"""
