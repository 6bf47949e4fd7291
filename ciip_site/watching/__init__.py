"""How the site tells what it does: log lines, metrics, and a page that says in words whether all is well."""
