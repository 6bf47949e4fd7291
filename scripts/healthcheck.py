"""Exits 0 when the web server in this container answers PATH with 200:  healthcheck.py PATH"""

import sys
import urllib.error
import urllib.request

try:
    urllib.request.urlopen(f"http://localhost:8000{sys.argv[1]}", timeout=4)
except (urllib.error.URLError, TimeoutError) as error:
    sys.exit(f"{sys.argv[1]}: {error}")
