"""A Django project that answers with what it sees of a request. Its settings are those of settings.py, if that is here."""
import importlib.util
import json
from urllib.parse import urlsplit

from django.conf import settings

chosen = {"ALLOWED_HOSTS": ["*"]}
if importlib.util.find_spec("settings"):
    import settings as page

    chosen = {name: getattr(page, name) for name in dir(page) if name.isupper()}
settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="of a test", **chosen)

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import re_path


def see(request):
    parts = urlsplit(request.build_absolute_uri())
    seen = dict(scheme="https" if request.is_secure() else "http", host=request.get_host(), path=parts.path, query=parts.query,
                client=request.META["REMOTE_ADDR"], body=len(request.body))
    return HttpResponse(json.dumps(seen), content_type="application/json")


urlpatterns = [re_path("", see)]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
