"""Which forms of a layer a user wants, and finding a form again by its name or its loops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from solver.errors import InputError
from solver.forms.enumerate import every_form, forms_of, images_of
from solver.forms.form import DIRECT, FAMILIES, PRODUCT, Form, families_of
from solver.hardware import Hardware
from solver.layer import BEST, INPUTS, Add, BatchMatmul, FullyConnected, Gemm, LoopNest, Multiply, Primitive

ALL = "all"
"""Asks for every form, those that hold words several times too."""
PATCHES, STRIPS = "patches", "strips"


@dataclass(frozen=True, slots=True)
class Wish:
    """Forms that may be searched.

    Attributes
    ----------
    families
        Of `solver.forms.form.FAMILIES`. A matrix product as it is written leaves open which operand stays, so
        both ways to run it are always allowed.
    copying
        Whether memory may hold input words more than once.
    stationary
        `BEST`, or the operand that must stay in the multipliers; layers without such a form keep theirs.
    only
        The name of the one form that is wanted; empty for all that the rest allows.
    """

    families: frozenset[str] = frozenset(FAMILIES)
    copying: bool = False
    stationary: str = BEST
    only: str = ""

    @classmethod
    def of(cls, forms: str | None = None, stationary: str | None = None) -> Wish:
        """Return the wish for forms in a user's words: families separated by commas, or `ALL`.

        Without a word every form is wanted that only changes the order of addresses. Naming patches allows
        words to be held several times.

        Raises
        ------
        InputError
            If a family is unknown.
        """
        stays = stationary or BEST
        if forms is None:
            return cls(stationary=stays)
        if not isinstance(forms, str):
            raise InputError(field="forms", found=forms, expected=f"{ALL}, or some of {', '.join(FAMILIES)}")
        names = tuple(name.strip() for name in forms.split(","))
        if names == (ALL,):
            return cls(copying=True, stationary=stays)
        return cls(families_of(names), PATCHES in names, stays)

    @property
    def images(self) -> bool:
        """Whether products may run as images of their streamed side, where buffer tiles can tell."""
        return PRODUCT in self.families and not self.only

    def forms(self, layer: Primitive, hardware: Hardware) -> tuple[Form, ...]:
        """Return the forms of a layer that are wanted, at least one; the direct one first if it is.

        Strips are left out where the array works on one image at a time: they would only follow each other.
        With a prefetch buffer, so are products over channels, which cost what those over S do there.
        """
        if self.only:
            return (form_named(layer, self.only),)
        families = self.families
        if isinstance(layer, Add | Multiply):
            families = frozenset({DIRECT})
        elif is_product(layer):
            families |= {PRODUCT}
        plain = not {PRODUCT, STRIPS} & self.families
        found = tuple(
            form
            for form in _forms(layer.nest(), families, self.copying)
            if not (hardware.one_image and STRIPS in form.families)
            and not (hardware.memory is not None and form.over_channels)
            and not (plain and PRODUCT in form.families and form.varied)
        )
        return tuple(form for form in found if form.stationary == self.stationary) or found


AS_WRITTEN = Wish(frozenset({DIRECT}))
"""The direct form alone; of matrix products with either operand stationary."""


def given(forms: str | None, stationary: str | None) -> Wish:
    """Return the wish for a mapping that is given: of the direct form unless the user says more."""
    if forms is not None:
        return Wish.of(forms, stationary)
    families = {DIRECT, PRODUCT} if stationary == INPUTS else {DIRECT}
    return Wish(frozenset(families), stationary=stationary or BEST)


def is_product(layer: Primitive) -> bool:
    """Return whether a layer is written as a matrix product."""
    return isinstance(layer, FullyConnected | Gemm | BatchMatmul)


def form_named(layer: Primitive, name: str) -> Form:
    """Return the form of a layer with some name, whatever it asks of memory.

    Raises
    ------
    InputError
        If it has none.
    """
    forms = _by_name(layer.nest())
    found = forms.get(name) or _images(layer.nest()).get(name)
    if found is None:
        raise InputError(field="form", found=name, expected=f"a form of this layer: {'; '.join(forms)}")
    return found


def images_with(layer: Primitive, product: LoopNest) -> list[Form]:
    """Return the forms of a layer that are a product of some loops with its streamed side as an image."""
    over = replace(product, C=product.S, S=1)
    found = _images(layer.nest()).values()
    return [form for form in found if replace(form.nest, X=form.nest.X * form.nest.Y, Y=1) == over]


def has_form(layer: Primitive, name: str) -> bool:
    """Return whether a layer has a form with some name."""
    return name in _by_name(layer.nest()) or name in _images(layer.nest())


def form_with(layer: Primitive, nest: LoopNest) -> Form | None:
    """Return the simplest form of a layer whose loops are these, or None."""
    forms = chain(every_form(layer.nest()), _images(layer.nest()).values())
    return next((form for form in forms if form.nest == nest), None)


def in_words(layer: Primitive, name: str) -> str:
    """Return what a reader should know of a form; nothing if there is nothing to tell."""
    if name == DIRECT:
        return "weights stationary" if is_product(layer) else ""
    return name


@lru_cache(maxsize=1024)
def _forms(nest: LoopNest, families: frozenset[str], copying: bool) -> tuple[Form, ...]:
    return forms_of(nest, families, copying=copying)


@lru_cache(maxsize=1024)
def _by_name(nest: LoopNest) -> Mapping[str, Form]:
    return {form.name: form for form in every_form(nest)}


@lru_cache(maxsize=1024)
def _images(nest: LoopNest) -> Mapping[str, Form]:
    """Return the images of all products of a nest by name."""
    products = [form for form in every_form(nest) if form.over_channels and STRIPS not in form.families]
    return {image.name: image for form in products for image in images_of(form)}
