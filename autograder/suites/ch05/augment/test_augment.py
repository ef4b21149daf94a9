"""Hidden suite of `augment`: from which place of the old image does each pixel of the new one come?

Bilinear interpolation is exact on an image whose brightness is its row number, and on one whose brightness is its
column number. Both augmented with one seed tell, for every pixel, the place it came from. That place must be an
affine function of the pixel, `source = A (pixel - shift)` about the image's centre, with a rotation A.
"""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("augment"),
    pytest.mark.shares(runs=11, plain=35, options=40, invariants=14),
]

HEIGHT, WIDTH = 16, 23
SQUARE = (18, 18)
SHAPES = [(HEIGHT, WIDTH), (17, 20), SQUARE]  # even and odd, and a square
SMALL, SMALL_SQUARE = (11, 13), (13, 13)  # for the statistics, which need many images
BORDER = (4, 5)  # rows and columns; what lies further in comes from inside, in the turns and shifts asked for
PIXELS = 1e-3  # float32 leaves 1e-5 of a pixel; a centre that is off by half a pixel moves a corner by 0.1 and more


def seeded(seed):
    """A generator at the start of that seed's sequence."""
    return torch.Generator().manual_seed(seed)


def grid(height=HEIGHT, width=WIDTH):
    """Row and column of every pixel, from the image's centre, (H, W) each."""
    rows, columns = torch.arange(height) - (height - 1) / 2, torch.arange(width) - (width - 1) / 2
    return torch.meshgrid(rows, columns, indexing="ij")


def sources(student, seed, n, shape=(HEIGHT, WIDTH), **options):
    """Where the pixels of n augmented images come from, as A (n, 2, 2) and shift (n, 2) in (row, column)."""
    y, x = grid(*shape)
    inner = (..., *(slice(border, -border) for border in BORDER))
    found = []
    for size, offsets in zip(shape, (y, x), strict=True):
        image = (offsets / size + 0.5).expand(n, 1, *shape)  # brightness in [0, 1]
        augmented = student.augment(image.clone(), seeded(seed), **options)
        found.append((augmented[:, 0][inner].double() - 0.5) * size)
    places = torch.stack((torch.ones_like(y)[inner], y[inner], x[inner]), -1).reshape(-1, 3).double()
    values = torch.stack(found, 1).flatten(2).mT  # (n, pixels, 2)
    affine = torch.linalg.pinv(places) @ values  # (n, 3, 2)
    error = (places @ affine - values).abs().max().item()
    assert error < PIXELS, (
        "the pixels do not come from where a turn and a shift with bilinear interpolation take them"
    )
    matrix = affine[:, 1:].mT
    return matrix, -torch.linalg.solve(matrix, affine[:, 0])


def angles(matrix):
    """The turns in degrees, (n,), of matrices that must be rotations."""
    identity = torch.eye(2, dtype=matrix.dtype)
    distortion = (matrix @ matrix.mT - identity).abs().max().item()
    assert distortion < PIXELS, "the images are not only turned: distances between pixels change"
    assert (torch.linalg.det(matrix) > 0).all(), (
        "some images are mirrored, which makes another sign of a digit"
    )
    return torch.rad2deg(torch.atan2(matrix[:, 1, 0], matrix[:, 0, 0]))


@pytest.mark.gate
@pytest.mark.level("runs")
@pytest.mark.weight(3)
def test_runs(student, rng):
    """augment runs, and its output has its input's shape."""
    y = student.augment(rng.rand(5, 1, 9, 7), rng.generator())
    assert isinstance(y, torch.Tensor), "augment must return a tensor"
    assert y.shape == (5, 1, 9, 7), f"5 images of 9x7 became {tuple(y.shape)}"


@pytest.mark.parametrize("shape", [(3, 1, 8, 8), (1, 1, 9, 6), (4, 1, 5, 12)])
@pytest.mark.level("plain")
def test_identity(student, rng, shape):
    """Without shift and turn the images come back as they are, square or not, whatever their brightness."""
    x = 3 * rng.randn(*shape)
    assert_close(student.augment(x, rng.generator(), max_shift=0, max_angle=0.0), x, rtol=0, atol=1e-4)


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_shift(student, rng):
    """A shift moves the image by whole pixels, drops what leaves and brings zeros in, however far it goes."""
    for (h, w), m in (((7, 10), 2), ((3, 4), 5)):
        x = rng.uniform(0.5, 1.0, 40, 1, h, w)
        got = student.augment(x, rng.generator(), max_shift=m, max_angle=0.0)
        padded, reach = torch.nn.functional.pad(x, (m, m, m, m)), range(2 * m + 1)
        shifted = [padded[:, :, top : top + h, left : left + w] for top in reach for left in reach]
        apart = torch.stack([(got - candidate).abs().amax((1, 2, 3)) for candidate in shifted])
        assert apart.min(0).values.max() < 1e-4, "an image is none of the shifted copies of the original"


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_shifts_are_uniform(student, rng):
    """Each image's vertical and horizontal shift are drawn evenly from -max_shift to max_shift, ends included."""
    matrix, shift = sources(student, rng.seed(), 1000, SMALL, max_shift=2, max_angle=0.0)
    assert (matrix - torch.eye(2)).abs().max() < PIXELS, "without a turn the images are turned or stretched"
    whole = shift.round()
    assert (shift - whole).abs().max() < PIXELS, "the shifts are not whole pixels"
    assert whole.abs().max() <= 2, "a shift is larger than max_shift"
    counts = torch.bincount(((whole[:, 0] + 2) * 5 + whole[:, 1] + 2).long(), minlength=25).double()
    # Pearson's chi-squared with 24 degrees of freedom exceeds 100 with probability 3e-11.
    assert ((counts - 40) ** 2 / 40).sum() < 100, "the 25 shifts are not equally frequent"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_turn(student, rng):
    """A turn is a rotation about the image's centre that keeps distances, also in images that are not square."""
    for shape in SHAPES:
        matrix, shift = sources(student, rng.seed(), 30, shape, max_shift=0, max_angle=20.0)
        assert angles(matrix).abs().max() <= 20.01, "an image is turned by more than max_angle degrees"
        assert shift.abs().max() < PIXELS, "the images turn about a point that is not their centre"


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_angles_are_uniform(student, rng):
    """The angle is drawn for each image, uniformly from -max_angle to max_angle degrees."""
    matrix, _ = sources(student, rng.seed(), 1000, SMALL, max_shift=0, max_angle=18.0)
    turns = angles(matrix)
    share = (turns.sort().values + 18) / 36
    steps = torch.arange(1001) / 1000
    distance = torch.maximum(steps[1:] - share, share - steps[:-1]).max()
    # Kolmogorov and Smirnov: a distance above 0.1 has probability 2 exp(-2 * 1000 * 0.1 ** 2) = 4e-9.
    assert distance < 0.1, "the angles are not spread evenly over -max_angle to max_angle"
    # 1000 uniform angles fall in 875 +- 10 of the 3600 hundredths of a degree, angles of whole degrees in 37.
    assert len((100 * turns).round().unique()) > 700, "the angles take only few different values"


@pytest.mark.level("plain")
@pytest.mark.weight(4)
def test_turn_then_shift(student, rng):
    """The image turns about its centre first and is shifted then, by whole pixels."""
    for shape in SHAPES:
        matrix, shift = sources(student, rng.seed(), 70, shape, max_shift=2, max_angle=15.0)
        assert angles(matrix).abs().max() <= 15.01, "an image is turned by more than max_angle degrees"
        assert (shift - shift.round()).abs().max() < 5 * PIXELS, (
            "after the turn the images are not shifted by whole pixels"
        )
        assert shift.round().abs().max() <= 2, "a shift is larger than max_shift"


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_angle_and_shift_are_independent(student, rng):
    """Angle, vertical and horizontal shift do not depend on each other, in size or sign, nor on the image's place."""
    matrix, shift = sources(student, rng.seed(), 1000, SMALL_SQUARE, max_shift=2, max_angle=15.0)
    drawn = torch.stack((angles(matrix), shift[:, 0], shift[:, 1]))
    numbers = torch.cat((drawn, drawn.abs(), torch.arange(1000.0, dtype=drawn.dtype)[None]))
    correlations = torch.corrcoef(numbers) - torch.eye(7)
    # Of 1000 independent pairs the correlation has standard deviation 0.032: 0.22 is seven of them, for 21 pairs.
    assert correlations.abs().max() < 0.22, "angle and shifts depend on each other, or on the image's place"


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_images_are_independent(student, rng):
    """No image is turned or shifted as another one of its batch, nor opposite to it, however far apart they stand."""
    matrix, shift = sources(student, rng.seed(), 1000, SMALL_SQUARE, max_shift=2, max_angle=15.0)
    drawn = torch.stack((angles(matrix), shift[:, 0], shift[:, 1]))
    drawn = (drawn - drawn.mean(1, keepdim=True)) / drawn.std(1, keepdim=True)
    for distance in range(1, 501):
        pairs = (drawn[:, distance:] * drawn[:, :-distance]).mean(1).abs()
        # Of 500 independent pairs or more the mean has a standard deviation of 0.045 at most: 0.4 is nine of them.
        assert pairs.max() < 0.4, f"images that stand {distance} apart are turned or shifted alike"


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_fraction_of_a_degree(student, rng):
    """max_angle need not be a whole number."""
    matrix, _ = sources(student, rng.seed(), 300, max_shift=0, max_angle=1.5)
    largest = angles(matrix).abs().max()
    # All of 300 uniform angles below 1.38 of 1.5 degrees: 0.92 ** 300 = 1e-11.
    assert 1.38 < largest <= 1.51, "with max_angle=1.5 the turns go up to 1.5 degrees"


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_defaults(student, rng):
    """By default images are shifted by up to 1 pixel and turned by up to 10 degrees."""
    matrix, shift = sources(student, rng.seed(), 300)
    turns, shift = angles(matrix).abs(), shift.round()
    # All of 300 uniform angles below 9 degrees: 0.9 ** 300 = 2e-14; no shift of one pixel: (1 / 3) ** 300.
    assert 9 < turns.max() <= 10.01, "by default the turns go up to 10 degrees"
    assert shift.abs().max() == 1, "by default the shifts go up to 1 pixel"


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_pixels(student, rng):
    """Each pixel is the bilinear mean of the four pixels about the place it comes from; from outside come zeros."""
    seed, n = rng.seed(), 12
    x = rng.uniform(0.5, 1.0, n, 1, HEIGHT, WIDTH)
    for options in ({"max_shift": 0, "max_angle": 20.0}, {"max_shift": 2, "max_angle": 15.0}):
        matrix, shift = sources(student, seed, n, **options)
        got = student.augment(x, seeded(seed), **options)[:, 0].double()
        pixels = torch.stack(grid(), -1).double()  # (H, W, 2)
        turned = pixels - shift.round()[:, None, None]  # (n, H, W, 2)
        centre = torch.tensor([(HEIGHT - 1) / 2, (WIDTH - 1) / 2], dtype=torch.float64)
        source = (matrix[:, None, None] @ turned[..., None])[..., 0] + centre
        corner = source.floor()
        part = source - corner
        want = torch.zeros(n, HEIGHT, WIDTH, dtype=torch.float64)
        padded = torch.nn.functional.pad(x[:, 0].double(), (30, 30, 30, 30))
        image = torch.arange(n)[:, None, None]
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
            weight = (part[..., 0] if dy else 1 - part[..., 0]) * (part[..., 1] if dx else 1 - part[..., 1])
            want += (
                weight * padded[image, (corner[..., 0] + dy + 30).long(), (corner[..., 1] + dx + 30).long()]
            )
        last = 2 * centre
        inside = ((source >= 0) & (source <= last)).all(-1)
        outside = ((source <= -1) | (source >= last + 1)).any(-1)
        # What the turn pushed off the image may be lost for good or come back with the shift: not judged.
        judged = (inside | outside) & (turned.abs() <= centre).all(-1)
        zero = torch.zeros((), dtype=torch.float64)
        assert_close(
            torch.where(judged, got, zero), torch.where(judged, want, zero), rtol=0, atol=2e-3, name="pixels"
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_same_seed(student, rng):
    """The generator is the only source of randomness: one seed, one result; another seed or a later call, another."""
    x, seed = rng.rand(6, 1, 8, 9), rng.seed()
    first, again = student.augment(x, seeded(seed)), student.augment(x, seeded(seed))
    assert_close(again, first, rtol=0, atol=0, name="images of the same seed")
    assert not torch.equal(first, student.augment(x, seeded(seed + 1))), "two seeds give the same images"
    generator = seeded(seed)
    student.augment(x, generator)
    later = student.augment(x, generator)
    assert not torch.equal(first, later), "used a second time, the generator gives the same images again"


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_blank_images(student, rng):
    """The draws do not depend on what is in the images: a blank one takes its turn and shift like any other."""
    x, seed = rng.rand(6, 1, 8, 9), rng.seed()
    x[5] = 0
    some = x.clone()
    some[[0, 3]] = 0
    want, got = student.augment(x, seeded(seed)), student.augment(some, seeded(seed))
    for i in (1, 2, 4, 5):
        assert_close(got[i], want[i], rtol=0, atol=1e-6, name=f"image {i} beside blank ones")
    for i in (0, 3):
        assert_close(got[i], torch.zeros(1, 8, 9), rtol=0, atol=0, name=f"blank image {i}")


@pytest.mark.level("contract")
@pytest.mark.weight(3)
def test_double_precision(student, rng):
    """Images of float64 are not turned in float32: numbers that it cannot hold come through."""
    size = 1e200  # more than float32 can hold
    got = student.augment(torch.full((4, 1, *SQUARE), size, dtype=torch.float64), rng.generator())[
        ..., 5:-5, 5:-5
    ]
    assert_close(got / size, torch.ones_like(got), rtol=0, atol=1e-5)


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_memory_layout(student, rng):
    """Transposed images come out as contiguous ones do."""
    x, seed = rng.rand(7, 9, 4).permute(2, 1, 0).unsqueeze(1), rng.seed()
    got, want = student.augment(x, seeded(seed)), student.augment(x.contiguous(), seeded(seed))
    assert_close(got, want, rtol=0, atol=1e-5, name="transposed images")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_each_image_differently(student, rng):
    """Copies of one image come out different, and one image alone is augmented too, each time otherwise."""
    image = rng.rand(1, 1, 9, 8)
    copies = student.augment(image.expand(20, 1, 9, 8), rng.generator(), max_angle=60.0)
    # Two turns of up to 60 degrees agree to float32's last digit with a chance of 1e-7, two shifts with one of 1/9.
    assert len(torch.cat([image, copies]).flatten(1).unique(dim=0)) == 21, (
        "images of the batch have the same turn and shift, or stay as they are"
    )
    x = rng.rand(1, 1, 9, 8)
    alone = torch.cat([student.augment(x, rng.generator(), max_shift=0) for _ in range(8)])
    assert alone.shape == (8, 1, 9, 8), "one image gave another shape"
    assert len(alone.flatten(1).unique(dim=0)) > 4, "an image alone is always turned alike"
