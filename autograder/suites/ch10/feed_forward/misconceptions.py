"""Wrong solutions of `feed_forward` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "silu_on_the_value",
        hint="Which of the two products is the gate, and on which does SiLU act?",
        severity="partial",
        edits=[
            edit(
                "gate * torch.sigmoid(gate) * (x @ w_up.T)", "gate * (x @ w_up.T) * torch.sigmoid(x @ w_up.T)"
            ),
        ],
    ),
    misconception(
        "silu_without_a_gate",
        hint="SwiGLU has three matrices: where do you use the second?",
        severity="partial",
        edits=[
            edit("gate * torch.sigmoid(gate) * (x @ w_up.T)", "gate * torch.sigmoid(gate)"),
        ],
    ),
    misconception(
        "sigmoid_gate",
        hint="Is the gate a sigmoid, or the number times its sigmoid?",
        severity="partial",
        edits=[
            edit("gate * torch.sigmoid(gate) * (x", "torch.sigmoid(gate) * (x"),
        ],
    ),
    misconception(
        "quick_gelu",
        hint="x times a sigmoid is near GELU: is it one of the two forms that are asked for?",
        severity="partial",
        edits=[
            edit("0.5 * x * (1 + torch.erf(x / math.sqrt(2)))", "x * torch.sigmoid(1.702 * x)"),
        ],
    ),
    misconception(
        "always_exact",
        hint="What does the argument `approximate` change in your function?",
        severity="slip",
        edits=[
            edit("if approximate:", "if approximate is None:"),
        ],
    ),
    misconception(
        "always_approximate",
        hint="Which form is meant where `approximate` is not given?",
        severity="slip",
        edits=[
            edit("if approximate:", "if approximate is not None:"),
        ],
    ),
    misconception(
        "root_of_two_forgotten",
        hint="What is the distribution function of the standard normal, written with erf?",
        severity="partial",
        edits=[
            edit("torch.erf(x / math.sqrt(2))", "torch.erf(x)"),
        ],
    ),
    misconception(
        "square_for_the_cube",
        hint="Is the small term of the approximation odd or even in x?",
        severity="slip",
        edits=[
            edit("0.044715 * x**3", "0.044715 * x**2"),
        ],
    ),
    misconception(
        "root_upside_down",
        hint="Is it the root of 2 / pi or of pi / 2?",
        severity="slip",
        edits=[
            edit("math.sqrt(2 / math.pi)", "math.sqrt(math.pi / 2)"),
        ],
    ),
    misconception(
        "half_forgotten",
        hint="How large is GELU of a large number?",
        severity="partial",
        edits=[
            edit("return 0.5 * x * (1 + torch.erf", "return x * (1 + torch.erf"),
        ],
    ),
    misconception(
        "relu",
        hint="Is GELU zero for every negative number?",
        severity="partial",
        edits=[
            edit("return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))", "return x.clamp(min=0)"),
        ],
    ),
    misconception(
        "exp_overflows",
        hint="What is exp of 100, and what is its gradient?",
        severity="slip",
        edits=[
            edit("gate * torch.sigmoid(gate) *", "gate / (1 + torch.exp(-gate)) *"),
        ],
    ),
    misconception(
        "no_silu",
        hint="Which function makes the gate nonlinear?",
        severity="partial",
        edits=[
            edit("gate * torch.sigmoid(gate) * (x", "gate * (x"),
        ],
    ),
    misconception(
        "constant_misplaced",
        hint="Which number stands before the cube?",
        severity="slip",
        edits=[
            edit("0.044715", "0.0044715"),
        ],
    ),
    misconception(
        "gate_without_gradient",
        hint="Does a gradient reach the matrix of the gate?",
        severity="slip",
        edits=[
            edit("gate = x @ w_gate.T", "gate = (x @ w_gate.T).detach()"),
        ],
    ),
    misconception(
        "gelu_on_the_gate",
        hint="Which of the two functions acts on the gate in SwiGLU?",
        severity="partial",
        edits=[
            edit("gate * torch.sigmoid(gate) * (x", "gelu(gate) * (x"),
        ],
    ),
    misconception(
        "half_of_the_gradient",
        hint="x stands in GELU twice: does a gradient come from both places?",
        severity="slip",
        edits=[
            edit("torch.erf(x / math.sqrt(2))", "torch.erf(x.detach() / math.sqrt(2))"),
        ],
    ),
    misconception(
        "quick_gelu_for_the_tanh",
        hint="x times a sigmoid is near GELU: which approximation was GPT-2 trained with?",
        severity="slip",
        edits=[
            edit(
                "0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))",
                "x * torch.sigmoid(1.702 * x)",
            ),
        ],
    ),
    misconception(
        "gate_limited",
        hint="How large is SiLU of 100?",
        severity="slip",
        edits=[
            edit("gate = x @ w_gate.T", "gate = (x @ w_gate.T).clamp(-20, 20)"),
        ],
    ),
    misconception(
        "silu_on_the_product",
        hint="Does SiLU act on the gate, or on the product of gate and value?",
        severity="partial",
        edits=[
            edit(
                "gate * torch.sigmoid(gate) * (x @ w_up.T)",
                "gate * (x @ w_up.T) * torch.sigmoid(gate * (x @ w_up.T))",
            ),
        ],
    ),
    misconception(
        "tanh_by_exp",
        hint="What is exp of a large number, and what is the gradient of a division by it?",
        severity="slip",
        edits=[
            edit(
                "(1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))",
                "(2 - 2 / (1 + torch.exp(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))",
            ),
        ],
    ),
    misconception(
        "tanh_as_a_quotient",
        hint="What is infinity divided by infinity?",
        severity="slip",
        edits=[
            edit(
                "return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))",
                "z = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)\nreturn 0.5 * x * (1 + (torch.exp(z) - torch.exp(-z)) / (torch.exp(z) + torch.exp(-z)))",
            ),
        ],
    ),
    misconception(
        "three_axes_alone",
        hint="Which tokens can your einsum take: are there always two axes before the last?",
        severity="partial",
        edits=[
            edit("gate = x @ w_gate.T", 'gate = torch.einsum("ntw,mw->ntm", x, w_gate)'),
        ],
    ),
    misconception(
        "numbers_limited",
        hint="How large is GELU of 100, and how steep is it there?",
        severity="slip",
        edits=[
            edit("if approximate:", "x = x.clamp(-10, 10)\nif approximate:"),
        ],
    ),
]
