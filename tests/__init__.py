"""A regular package: one of this name that a library installs by mistake would hide a namespace package."""
