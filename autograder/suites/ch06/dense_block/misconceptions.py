"""Wrong solutions of `dense_block` that students write, each an edit of the reference."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "bottleneck_ignored",
        hint="The 1x1 convolution has bottleneck * growth channels.",
        severity="slip",
        edits=[
            edit("inner = bottleneck * growth", "inner = 4 * growth"),
        ],
    ),
    misconception(
        "conv_before_norm",
        hint="In this block norm and ReLU come before the convolution.",
        severity="partial",
        edits=[
            edit(
                """
                *(nn.BatchNorm2d(c_in + i * growth), nn.ReLU()),
                nn.Conv2d(c_in + i * growth, inner, 1, bias=False),
                *(nn.BatchNorm2d(inner), nn.ReLU()),
                nn.Conv2d(inner, growth, 3, padding=1, bias=False),
                """,
                """
                nn.Conv2d(c_in + i * growth, inner, 1, bias=False),
                *(nn.BatchNorm2d(inner), nn.ReLU()),
                nn.Conv2d(inner, growth, 3, padding=1, bias=False),
                *(nn.BatchNorm2d(growth), nn.ReLU()),
                """,
            ),
        ],
    ),
    misconception(
        "inner_width_from_input",
        hint="How wide is the 1x1 convolution: a multiple of the growth, or of the input?",
        severity="partial",
        edits=[
            edit("inner = bottleneck * growth", "inner = bottleneck * c_in"),
        ],
    ),
    misconception(
        "input_dropped",
        hint="The output begins with the input.",
        severity="serious",
        edits=[
            edit(
                """
                for layer in self.layers:
                    x = torch.cat([x, layer(x)], dim=1)
                return x
                """,
                """
                width = x.shape[1]
                for layer in self.layers:
                    x = torch.cat([x, layer(x)], dim=1)
                return x[:, width:]
                """,
            ),
        ],
    ),
    misconception(
        "largest_in_the_transition",
        hint="A transition takes the mean of 2x2, not the largest.",
        severity="slip",
        edits=[
            edit("nn.AvgPool2d(2)", "nn.MaxPool2d(2)"),
        ],
    ),
    misconception(
        "new_maps_first",
        hint="What does the output begin with, the input or the newest maps?",
        severity="partial",
        edits=[
            edit("torch.cat([x, layer(x)], dim=1)", "torch.cat([layer(x), x], dim=1)"),
        ],
    ),
    misconception(
        "only_the_last_layer_seen",
        hint="Each layer reads all maps made so far: what does yours read?",
        severity="slip",
        edits=[
            edit(
                "nn.BatchNorm2d(c_in + i * growth), nn.ReLU()",
                "nn.BatchNorm2d(growth if i else c_in), nn.ReLU()",
            ),
            edit(
                "nn.Conv2d(c_in + i * growth, inner, 1, bias=False)",
                "nn.Conv2d(growth if i else c_in, inner, 1, bias=False)",
            ),
            edit(
                """
                for layer in self.layers:
                    x = torch.cat([x, layer(x)], dim=1)
                return x
                """,
                """
                new, maps = x, [x]
                for layer in self.layers:
                    new = layer(new)
                    maps.append(new)
                return torch.cat(maps, dim=1)
                """,
            ),
        ],
    ),
    misconception(
        "relu_in_place_on_the_input",
        hint="Whose numbers does an in-place ReLU at the beginning change?",
        severity="partial",
        edits=[
            edit(
                "for layer in self.layers:",
                """
                x.relu_()
                for layer in self.layers:
                """,
            ),
        ],
    ),
    misconception(
        "second_relu_missing",
        hint="What stands between the two convolutions of a layer?",
        severity="partial",
        edits=[
            edit("*(nn.BatchNorm2d(inner), nn.ReLU()),", "nn.BatchNorm2d(inner),"),
        ],
    ),
    misconception(
        "sum_for_concatenation",
        hint="A dense block keeps what is there and adds new maps beside it: do you add numbers, or channels?",
        severity="partial",
        edits=[
            edit(
                "x = torch.cat([x, layer(x)], dim=1)",
                """
                new = layer(x)
                x = torch.cat([x[:, : -new.shape[1]], x[:, -new.shape[1] :] + new, new], dim=1)
                """,
            ),
        ],
    ),
    misconception(
        "transition_rounds_up",
        hint="What happens to an odd last row in the pooling?",
        severity="slip",
        edits=[
            edit("nn.AvgPool2d(2)", "nn.AvgPool2d(2, ceil_mode=True)"),
        ],
    ),
    misconception(
        "transition_to_growth",
        hint="How many channels does the transition put out: the growth rate, or c_out?",
        severity="slip",
        edits=[
            edit("nn.Conv2d(c_in, c_out, 1, bias=False)", "nn.Conv2d(c_in, min(c_out, 32), 1, bias=False)"),
        ],
    ),
    misconception(
        "eps_of_another_network",
        hint="The outputs differ by very little: which settings have your batch norms?",
        severity="partial",
        edits=[
            edit(
                "nn.BatchNorm2d(c_in + i * growth)",
                "nn.BatchNorm2d(c_in + i * growth, eps=1e-3)",
            ),
            edit(
                "nn.BatchNorm2d(inner)",
                "nn.BatchNorm2d(inner, eps=1e-3)",
            ),
            edit(
                "nn.BatchNorm2d(c_in),",
                "nn.BatchNorm2d(c_in, eps=1e-3),",
            ),
        ],
    ),
    misconception(
        "stride_for_average",
        hint="What makes the maps of a transition smaller: a stride that skips places, or a mean of all?",
        severity="slip",
        edits=[
            edit(
                "conv = nn.Conv2d(c_in, c_out, 1, bias=False)",
                "conv = nn.Conv2d(c_in, c_out, 1, stride=2, bias=False)",
            ),
            edit(
                "conv, nn.AvgPool2d(2))",
                "conv)",
            ),
        ],
    ),
    misconception(
        "earlier_maps_detached",
        hint="Does the gradient of a later layer reach the maps that it reads?",
        severity="slip",
        edits=[
            edit(
                "x = torch.cat([x, layer(x)], dim=1)",
                "x = torch.cat([x, layer(x.detach())], dim=1)",
            ),
        ],
    ),
    misconception(
        "transition_without_relu",
        hint="What stands between the transition's norm and its convolution?",
        severity="slip",
        edits=[
            edit(
                "nn.Sequential(nn.BatchNorm2d(c_in), nn.ReLU(), conv, nn.AvgPool2d(2))",
                "nn.Sequential(nn.BatchNorm2d(c_in), conv, nn.AvgPool2d(2))",
            ),
        ],
    ),
    misconception(
        "relu_before_second_norm",
        hint="In which order stand norm and ReLU between the two convolutions?",
        severity="partial",
        edits=[
            edit(
                "*(nn.BatchNorm2d(inner), nn.ReLU()),",
                "*(nn.ReLU(), nn.BatchNorm2d(inner)),",
            ),
        ],
    ),
    misconception(
        "relu_before_first_norm",
        hint="Each layer begins with its norm: what do you do to the maps before it?",
        severity="partial",
        edits=[
            edit(
                "x = torch.cat([x, layer(x)], dim=1)",
                "x = torch.cat([x, layer(x.relu_())], dim=1)",
            ),
        ],
    ),
    misconception(
        "newest_maps_in_the_middle",
        hint="The input, then the first layer's maps, then the second's: where do you put the newest?",
        severity="slip",
        edits=[
            edit(
                """
                for layer in self.layers:
                    x = torch.cat([x, layer(x)], dim=1)
                return x
                """,
                """
                width, new = x.shape[1], []
                for layer in self.layers:
                    new.insert(0, layer(x))
                    x = torch.cat([x[:, :width], *new], dim=1)
                return x
                """,
            ),
        ],
    ),
    misconception(
        "maps_kept_between_calls",
        hint="A second call has its own input: which maps do you join in it?",
        severity="slip",
        edits=[
            edit(
                """
                for layer in self.layers:
                    x = torch.cat([x, layer(x)], dim=1)
                return x
                """,
                """
                self.maps = getattr(self, "maps", [])
                self.maps.append(x)
                for layer in self.layers:
                    self.maps.append(layer(torch.cat(self.maps, dim=1)))
                return torch.cat(self.maps, dim=1)
                """,
            ),
        ],
    ),
    misconception(
        "second_norm_shared",
        hint="Each layer has two batch norms of its own: how many has your block in all?",
        severity="partial",
        edits=[
            edit(
                "inner = bottleneck * growth",
                """
                inner = bottleneck * growth
                norm = nn.BatchNorm2d(inner)
                """,
            ),
            edit("*(nn.BatchNorm2d(inner), nn.ReLU()),", "*(norm, nn.ReLU()),"),
        ],
    ),
]
