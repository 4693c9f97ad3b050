from typing import Any

from django.utils.cache import patch_cache_control, patch_vary_headers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

FRESH_SECONDS = 30


class PublicReads(APIView):
    """Reads that are the same for everybody: caches may keep them a moment, and ask again with their ETag."""

    is_public = True

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(answer, ["Accept", "Authorization", "Cookie"])
        if request.method not in SAFE_METHODS or answer.status_code != 200:
            patch_cache_control(answer, no_store=True)
        elif request.user.is_authenticated:
            patch_cache_control(answer, private=True, no_cache=True)
        else:
            patch_cache_control(answer, public=True, max_age=FRESH_SECONDS)
        return answer
