"""What the architectures are written in: layers applied to tensors, and the model made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from solver.errors import InputError, unknown
from solver.readers.operators import words
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.library.keras_models import Sequential, make_input
from solver.readers.tensorflow.library.registry import host_op, op
from solver.readers.tensorflow.reader import LayerObject, Reader
from solver.readers.tensorflow.values import External, List, Native, Tensor, Unknown, Value, is_sequence

COMMON = "include_top=True weights=None input_tensor=None input_shape=None pooling=None classes=1000"
OUTPUT = "classifier_activation='softmax' include_preprocessing=True name=None model_name=None"


class Net:
    """Layers on the way: every method applies one and returns its result."""

    def __init__(self, reader: Reader) -> None:
        self.named: dict[str, Tensor] = {}
        self._reader = reader

    def layer(self, kind: str, x: Value, *args: Value, name: str | None = None, **keywords: Value) -> Tensor:
        """Apply a layer of Keras."""
        line = self._reader.place.line
        words = keywords | ({"name": name} if name else {})
        made = self._reader.call(External(f"tf.keras.layers.{kind}"), list(args), words, line)
        result = self._reader.call(made, [List(x) if isinstance(x, list) else x], {}, line)
        assert isinstance(result, Tensor)
        self.named[name or f"{kind.lower()}_{len(self.named)}"] = result
        return result

    def conv(self, x: Tensor, filters: int, kernel: Any, stride: int = 1, **more: Any) -> Tensor:
        """Convolve, SAME by default."""
        return self.layer(
            "Conv2D", x, filters, kernel, strides=stride, padding=more.pop("padding", "same"), **more
        )

    def norm(self, x: Tensor, name: str | None = None) -> Tensor:
        """Normalise."""
        return self.layer("BatchNormalization", x, name=name)

    def act(self, x: Tensor, name: str | None = None, function: str = "relu") -> Tensor:
        """Apply an activation function."""
        return self.layer("Activation", x, function, name=name)

    def pad(self, x: Tensor, zeros: Any, name: str | None = None) -> Tensor:
        """Put zeros around an image: as many everywhere, or ((top, bottom), (left, right))."""
        return self.layer("ZeroPadding2D", x, zeros, name=name)

    def pad_for_stride(self, x: Tensor, kernel: int, name: str) -> Tensor:
        """Put the zeros around an image that SAME padding with stride 2 would, so that its middle stays."""
        assert x.shape is not None
        half = kernel // 2
        sides = tuple((half - (size % 2 == 0), half) for size in x.shape[1:3] if isinstance(size, int))
        return self.pad(x, sides, name)

    def depthwise(self, x: Tensor, kernel: int, stride: int, name: str, pad: str) -> Tensor:
        """Convolve each channel by itself; zeros for a stride are a layer of their own, named `pad`."""
        if stride > 1:
            x = self.pad_for_stride(x, kernel, pad)
        words = {"padding": "same" if stride == 1 else "valid", "use_bias": False}
        return self.layer("DepthwiseConv2D", x, kernel, strides=stride, name=name, **words)


Body = Callable[[Net, Tensor, Call], Tensor]
"""Builds an architecture on an image, without what classifies."""


def channels_of(x: Tensor) -> int:
    """Return the channels of an image."""
    assert x.shape is not None
    return int(x.shape[3])  # type: ignore[arg-type]


def nearest(channels: float) -> int:
    """Return the multiple of 8 that is closest."""
    return max(8, int(channels + 4) // 8 * 8)


def rounded(channels: float) -> int:
    """Return the multiple of 8 that is closest, but never less than nine tenths."""
    found = nearest(channels)
    return found + 8 if found < 0.9 * channels else found


MODULES = (
    *words("vgg16 vgg19 resnet resnet50 resnet_v2 mobilenet mobilenet_v2 mobilenet_v3 efficientnet densenet"),
    *words("inception_v3 xception nasnet inception_resnet_v2 efficientnet_v2 convnext imagenet_utils"),
)

for _module in MODULES:
    host_op(f"tf.keras.applications.{_module}.preprocess_input", "x data_format=None mode=None", passes=True)(
        lambda a, x: x.shape
    )


class _Whole(LayerObject):
    """An architecture as one layer."""

    def __init__(self, a: Call, build: Callable[[Net, Tensor], Tensor]) -> None:
        self.name, self._build = a.function, build
        self.named: dict[str, Tensor] = {}

    def call(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Build the layers on an image."""
        x = args[0]
        if not isinstance(x, Tensor) or x.shape is None or len(x.shape) != 4:
            raise InputError(
                "an image of unknown size", found=self.name, expected="an input_shape, or a call"
            )
        net = Net(reader)
        result = self._build(net, x)
        self.named = net.named
        return result


class Application(Sequential):
    """An architecture as a model; its layers can be asked for by name."""

    def attribute(self, reader: Reader, name: str, line: int) -> Value:
        """Return the layers too, each with its output."""
        if name not in ("layers", "get_layer"):
            return super().attribute(reader, name, line)
        if self.own_input is not None and _is_known(self.own_input):
            self.outputs(reader)
        (whole,) = self.layers
        assert isinstance(whole, _Whole)
        made = {key: _Made(key, tensor) for key, tensor in whole.named.items()}
        if name == "layers":
            return List(made.values())
        return Native(name, lambda _, args, keywords: _pick(made, args, keywords))


class _Made(LayerObject):
    """A layer of an architecture that has been built."""

    def __init__(self, name: str, output: Tensor) -> None:
        self.name, self._output = name, output

    def call(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Refuse: which layer it is of is not kept."""
        raise InputError(
            "a single layer of an architecture is called", found=self.name, expected="its output"
        )

    def attribute(self, reader: Reader, name: str, line: int) -> Value:
        """Return its output."""
        return self._output if name == "output" else super().attribute(reader, name, line)


def _pick(made: dict[str, _Made], args: list[Value], keywords: dict[str, Value]) -> Value:
    wanted = args[0] if args else keywords.get("name")
    if wanted is None and isinstance(keywords.get("index"), int):
        return list(made.values())[keywords["index"]]
    if wanted not in made:
        raise unknown("layer", str(wanted), made)
    return made[str(wanted)]


def _is_known(x: Tensor) -> bool:
    return x.shape is not None and all(isinstance(size, int) for size in x.shape)


def architecture(
    names: str,
    size: int | None,
    body: Body,
    *,
    parameters: str = COMMON,
    top: Body | None = None,
    last: Body | None = None,
) -> None:
    """Add a function of ``tf.keras.applications`` under some names.

    Parameters
    ----------
    names
        Its names, without the module.
    size
        Rows and columns of the image that it takes if none is given; None if they stay open.
    body
        Its layers up to the features.
    parameters
        Its parameters in Keras' order.
    top
        What classifies; by default global average pooling and a product.
    last
        What comes after the features where nothing classifies.
    """

    def build(a: Call) -> Value:
        classify = top or _classify

        def whole(net: Net, x: Tensor) -> Tensor:
            x = body(net, x, a)
            if a.flag("include_top"):
                return classify(net, x, a)
            pooling = a.get("pooling")
            kinds = {"avg": "GlobalAveragePooling2D", "max": "GlobalMaxPooling2D"}
            x = net.layer(kinds[pooling], x, name=f"{pooling}_pool") if pooling in kinds else x
            return last(net, x, a) if last else x

        name = a.get("name", "model_name")
        model = Application(a.graph, name if isinstance(name, str) else a.short.lower())
        given = a.get("input_tensor")
        shape = a.get("input_shape")
        if isinstance(given, Tensor):
            model.own_input = given
        else:
            sides = size if a.flag("include_top") else None
            model.own_input = make_input(a.graph, "input", shape if is_sequence(shape) else (sides, sides, 3))
        if isinstance(shape, Unknown) and not isinstance(given, Tensor):
            a.known("input_shape", "a shape")
        model.layers = List([_Whole(a, whole)])
        a.graph.finishers.append(lambda: model.finish(a.reader))
        return model

    for name in names.split():
        op(f"tf.keras.applications.{name}", f"{parameters} {OUTPUT}")(build)


def _classify(net: Net, x: Tensor, a: Call) -> Tensor:
    x = net.layer("GlobalAveragePooling2D", x, name="avg_pool")
    return predict(net, x, a)


def predict(net: Net, x: Tensor, a: Call) -> Tensor:
    """Return the scores of the classes."""
    activation = a.get("classifier_activation")
    return net.layer("Dense", x, a.integer("classes"), activation=activation, name="predictions")
