"""The applications. Each stands alone; `bootstrap.APPS` lists them."""
