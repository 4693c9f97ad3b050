from drf_spectacular.extensions import OpenApiAuthenticationExtension

from netflix.accounts.authentication import BearerTokenAuthentication


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerTokenAuthentication
    name = "bearerToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The `token` that `POST auth/login/` answers."}
