"""Along which loops a layer may be cut into pieces, and which forms its pieces may have."""

from __future__ import annotations

from dataclasses import dataclass, replace

from solver.forms.form import DIRECT, Form
from solver.forms.wish import PRODUCT, Wish, form_named, has_form, is_product
from solver.hardware import Hardware
from solver.layer import DIMS, WEIGHTS, Add, LoopNest, Loops, Multiply, Primitive
from solver.pieces.piece import Cut, Piece, piece_of


def cuts_of(layer: Primitive, wish: Wish, hardware: Hardware) -> tuple[Cut, ...]:
    """Return where a layer may be cut: filters, groups, and the outputs of each form that is a product.

    Elementwise layers are not cut: all their filter iterations are alike.
    """
    if wish.only or isinstance(layer, Add | Multiply):
        return ()
    forms = wish.forms(layer, hardware)
    direct = form_named(layer, DIRECT)
    found = [Cut(direct.name, dim, getattr(direct.nest, dim)) for dim in ("K", "G")]
    products = [
        form
        for form in forms
        if form.families == {PRODUCT} and form.stationary == WEIGHTS and form.nest.C == form.nest.N == 1
    ]
    if is_product(layer):
        products.append(direct)
    found += [Cut(form.name, "X", form.nest.X) for form in products]
    return tuple(cut for cut in found if cut.size > 1)


def uncut(layer: Primitive) -> Cut:
    """Return where a layer may be cut that is not: its pieces are the layer itself."""
    return Cut(DIRECT, "K", layer.nest().K)


def wish_for_piece(wish: Wish, piece: Piece) -> Wish:
    """Return the forms that a piece may have: those of its layer; of a product either side stays."""
    if is_product(piece.whole):
        return replace(wish, families=wish.families | {PRODUCT})
    return replace(wish, families=frozenset({DIRECT, PRODUCT})) if piece.dim == "X" else wish


@dataclass(frozen=True)
class Family:
    """A form of the pieces of a cut.

    Attributes
    ----------
    name
        Of the form, of the pieces' own nest.
    dim
        The loop of the form's nest along which the pieces are cut.
    nest
        The form's nest of the whole range.
    whole
        Whether only the whole range has it: its loops are not those of a piece with one of them shorter, as
        of strips along the loop that is cut.
    """

    name: str
    dim: str
    nest: LoopNest
    whole: bool = False

    @property
    def straight(self) -> bool:
        """Whether the loop is one of filter iterations, all of which cost the same if they drain."""
        return self.dim in ("K", "G")

    def nest_of(self, count: int) -> LoopNest:
        """Return the nest of a piece."""
        return replace(self.nest, **{self.dim: count})  # type: ignore[arg-type]


def families_along(layer: Primitive, cut: Cut, wish: Wish, hardware: Hardware) -> tuple[Family, ...]:
    """Return the forms that pieces of a cut may have, each with the loop that is shorter in a piece.

    Forms that have the same loops in the whole range only, as those of a square product, all count.
    """
    whole = piece_of(layer, cut, 0, cut.size)
    longer = Loops(loops=replace(whole.nest(), **{cut.dim: cut.size + 1}))  # type: ignore[arg-type]
    wanted = wish_for_piece(wish, whole)
    forms = {form.name: form for form in wanted.forms(whole, hardware)}
    twins = {
        form.name: form_named(whole, form.name)
        for form in wanted.forms(longer, hardware)
        if form.name not in forms and has_form(whole, form.name)
    }
    found = []
    for name, form in (forms | twins).items():
        dim = _longer_loop(form, longer)
        alone = dim is None or getattr(form.nest, dim) != cut.size
        if name in forms or not alone:
            found.append(Family(name, "K" if dim is None else dim, form.nest, alone))
    return tuple(found)


def _longer_loop(form: Form, longer: Loops) -> str | None:
    """Return the loop in which a form of a longer layer differs; None if it has no such form of its own."""
    if not has_form(longer, form.name):
        return None
    other = form_named(longer, form.name).nest
    dims = [dim for dim in DIMS if getattr(form.nest, dim) != getattr(other, dim)]
    return dims[0] if len(dims) == 1 else None
