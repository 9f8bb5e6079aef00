"""Pages: Jinja2 templates in the reader's language, with escaping always on."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.responses import HTMLResponse

from compliance.wording import said
from dialer.store.accounts import Actor
from dialer.web.auth import (
    CSRF_FIELD,
    Permission,
    csrf_token,
    may,
    services_of,
)
from dialer.web.i18n import LANGUAGES, Format, Language, language_of, zone_of
from dialer.web.labels import label
from dialer.web.masking import mask, mask_name

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
STATIC = HERE / "static"


def formats(request: Request) -> Format:
    """How values look to this reader."""
    return Format(language=language_of(request), zone=zone_of(request))


def render(
    request: Request, template: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """A page or fragment as the answer, with what every template may use."""
    services = services_of(request)
    actor: Actor | None = getattr(request.state, "actor", None)
    form = formats(request)
    page = (
        _environment(form.language)
        .get_template(template)
        .render(
            actor=actor,
            may=lambda permission: actor is not None and may(actor, Permission(permission)),
            business_name=services.settings.business_name,
            csrf_field=CSRF_FIELD,
            csrf_token=csrf_token(request),
            format=form,
            language=form.language,
            languages=LANGUAGES.values(),
            now=services.clock.now(),
            path=request.url.path,
            named=mask_name if actor is None or not may(actor, Permission.SEE_NAMES) else str,
            show=mask if actor is None or not may(actor, Permission.SEE_NUMBERS) else str,
            **{
                "there": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
                **context,
            },
        )
    )
    return HTMLResponse(page, status_code, headers={"Content-Language": form.language.tag})


def template_of(name: str, language: Language) -> Template:
    """A template that needs no reader, in a language; the context is up to the caller."""
    return _environment(language).get_template(name)


def translate(request: Request, text: str) -> str:
    """The text in the reader's language."""
    return language_of(request).translations.gettext(text)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations = language.translations
    cast(Any, environment).install_gettext_translations(translations, newstyle=True)
    environment.globals["static"] = static_url
    environment.filters["tr"] = translations.gettext
    environment.filters["milliseconds"] = lambda ms: timedelta(milliseconds=ms)
    environment.filters["said"] = lambda text: said(text, language.tag)
    environment.filters["word"] = lambda code, family: translations.gettext(label(code, family))
    return environment


@cache
def static_url(name: str) -> str:
    """The address of a static file; it changes with the content, so it may be kept for ever."""
    version = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={version}"
