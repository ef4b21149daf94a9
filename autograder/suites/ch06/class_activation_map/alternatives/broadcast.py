"""Broadcasting and a sum over channels; the box by plain loops."""


def class_activation_map(features, weight, labels):
    chosen = weight[labels][..., None, None]
    return (chosen * features).sum(dim=1)


def bounding_box(heat, share=0.5):
    bar = share * float(heat.max())
    top, left, bottom, right = heat.shape[0], heat.shape[1], -1, -1
    for i, row in enumerate(heat.tolist()):
        for j, value in enumerate(row):
            if value >= bar:
                top, left, bottom, right = min(top, i), min(left, j), max(bottom, i), max(right, j)
    return top, left, bottom, right
