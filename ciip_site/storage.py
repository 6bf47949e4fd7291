from whitenoise.storage import CompressedManifestStaticFilesStorage as Storage


class StaticStorage(Storage):  # type: ignore[misc]  # whitenoise has no types
    """Hashed and compressed files, the imports between our own JavaScript modules included.

    Otherwise a page of a new release could load a module of the old one from a cache. Other packages' scripts are left
    alone: Django's switch for all of them stumbles over examples in their comments.
    """

    patterns = (*Storage.patterns, ("js/*.js", Storage._js_module_import_aggregation_patterns[1]))
