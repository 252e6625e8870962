"""All forms of a loop nest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product

from solver.forms.dilation import DilationPhases
from solver.forms.form import FAMILIES, PRODUCT, Form
from solver.forms.images import StackedImages
from solver.forms.mirror import Mirror
from solver.forms.patches import Patches
from solver.forms.product import INNER, Product, is_unit
from solver.forms.space_to_depth import SpaceToDepth
from solver.forms.step import COLUMNS, ROWS, Step
from solver.forms.streamed_image import StreamedImage
from solver.forms.strips import Strips
from solver.layer import INPUTS, WEIGHTS, LoopNest

STRIPS = (2, 4, 8)
"""Into how many strips images are cut: ports serve powers of two."""


def forms_of(
    nest: LoopNest, families: Iterable[str] = FAMILIES, *, copying: bool = False
) -> tuple[Form, ...]:
    """Return the forms of a nest, the direct one first, each different nest once.

    Parameters
    ----------
    families
        Kinds of steps that are allowed, of `solver.forms.form.FAMILIES`.
    copying
        Whether input words may be held more than once; otherwise forms only change the order of addresses.
    """
    allowed, kept = frozenset(families), dict[LoopNest, Form]()
    # Of forms with the same nest the one with the fewest steps, and of these the first, is kept.
    for form in every_form(nest):
        # Who wants strips wants those of products too.
        needed = form.families - {PRODUCT} if Strips.family in form.families else form.families
        if needed <= allowed and (copying or form.copies == 1):
            kept.setdefault(form.nest, form)
    return tuple(kept.values())


def images_of(form: Form) -> list[Form]:
    """Return a product over channels with its streamed side as an image, for every length of its rows."""
    streamed = form.nest.X
    return [form.then(StreamedImage(columns)) for columns in range(2, streamed) if streamed % columns == 0]


@lru_cache(maxsize=64)
def every_form(nest: LoopNest) -> tuple[Form, ...]:
    """Return all forms of a nest, the simplest first; several may have the same loops.

    But for the images of products (`images_of`), which only buffer tiles tell from them.

    Variants (strips, products in other loops) come last, the others by their steps.
    """
    return tuple(sorted(dict.fromkeys(_all(Form(nest))), key=lambda form: (form.varied, len(form.steps))))


def _all(direct: Form) -> Iterator[Form]:
    """Yield the direct form and every form that the steps lead to, some more than once.

    Along each axis at most one step is taken; they do not see each other. Where the windows are of one word
    then, the layer is a matrix product, whatever its image was like. Otherwise the image may be mirrored,
    and images be stacked along its rows or cut into strips of them.
    """
    yield from (direct, direct.then(Mirror()))
    for rows, columns in product(*(_along(axis) for axis in (ROWS, COLUMNS))):
        form = direct
        for step in (*rows, *columns):
            form = form.then(step)
        if is_unit(form.nest):
            yield from _products(form)
            continue
        for one in (form, form.then(Mirror())):
            yield from (one, one.then(StackedImages()))
            if not any(isinstance(step, Patches) for step in one.steps):
                yield from _strips(one)


def _products(form: Form) -> Iterator[Form]:
    """Yield a form whose windows are single words as the products that it is.

    Each of them has all the others, so that it is of no consequence as which of them a layer is written.
    """
    for stationary in (WEIGHTS, INPUTS):
        for inner in INNER:
            step = Product(stationary, inner)
            if step.applies(form.nest):
                one = form.then(step)
                yield one
                yield from _strips(one)
                if inner == "S":
                    yield one.then(Mirror())


def _strips(form: Form) -> Iterator[Form]:
    """Yield a form by strips; where a filter stands alone nothing is shared between them."""
    for count in STRIPS if form.nest.K > 1 else ():
        yield form.then(Strips(count))


def _along(axis: int) -> list[tuple[Step, ...]]:
    return [(), (SpaceToDepth(axis),), (Patches(axis),), (DilationPhases(axis),)]
