"""Published data sets: which files they have, and where these are."""

from dataclasses import dataclass

DRIVE = "https://drive.google.com/"


@dataclass(frozen=True)
class Remote:
    """A file that can be fetched."""

    name: str  # under which it is kept
    urls: tuple[str, ...]  # tried in order; of Google Drive DRIVE + "uc?id=..."
    checksum: str  # "sha256:..." or "md5:...", or how it begins
    size: int | None = None  # bytes, where known


@dataclass(frozen=True)
class Collection:
    """The files of a data set, and the page where a person gets them by hand."""

    title: str
    page: str
    remotes: tuple[Remote, ...]


IDX = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")


def _idx(mirrors: tuple[str, ...], *facts: str) -> tuple[Remote, ...]:
    names = [f"{stem}-ubyte.gz" for stem in IDX]
    return tuple(
        Remote(name, tuple(m + name for m in mirrors), f"sha256:{digest}", int(size))
        for name, (digest, size) in zip(names, map(str.split, facts), strict=True)
    )


def _cifar(title: str, md5: str, size: int) -> Collection:
    home, name = "https://www.cs.toronto.edu/~kriz/", f"{title.lower()}-binary.tar.gz"
    remote = Remote(name, (home + name,), f"md5:{md5}", size)
    return Collection(title, f"{home}cifar.html", (remote,))


def _drive(name: str, size: int, key: str, md5: str) -> Remote:
    return Remote(name, (f"{DRIVE}uc?id={key}",), f"md5:{md5}", size)


MNIST = Collection(
    "MNIST",
    "https://yann.lecun.com/exdb/mnist/",
    _idx(
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609 9912422",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c 28881",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6 1648877",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6 4542",
    ),
)
FASHION_MNIST = Collection(
    "Fashion-MNIST",
    "https://github.com/zalandoresearch/fashion-mnist",
    _idx(
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84 26421880",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845 29515",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073 4422102",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5 5148",
    ),
)
CIFAR_10 = _cifar("CIFAR-10", "c32a1d4ab5d03f1284b67883e8d87530", 170052171)
CIFAR_100 = _cifar("CIFAR-100", "03b5dce01913d631647c71ecec9e9cb8", 168513733)
CELEBA = Collection(  # for non-commercial research only
    "CelebA",
    "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
    (
        _drive("img_align_celeba.zip", 1443490838,
               "0B7EVK8r0v71pZjFTYXZWM3FlRnM", "00d2c5bc6d35e252742224ab0c1e8fcb"),
        _drive("list_attr_celeba.txt", 26721026,
               "0B7EVK8r0v71pblRyaVFSWGxPY0U", "75e246fa4810816ffd6ee81facbd244c"),
        _drive("identity_CelebA.txt", 3424458,
               "1_ee_0u7vcNLOfNLegJRHmolfH5ICW-XS", "32bd1bd63d3c78cd57e08160ec5ed1e2"),
        _drive("list_eval_partition.txt", 2836386,
               "0B7EVK8r0v71pY0NSMzRuSXJEVkk", "d32c9cbf5e040fd4025c592c306e6668"),
    ),
)  # fmt: skip
