# Arrays cross to the tests, tensors do not.
def softmax_of_array(logits):
    return softmax(torch.tensor(logits)).numpy()


def linear_backward_of_arrays(grad_output, x, weight, which):
    found = linear_backward(*map(torch.tensor, (grad_output, x, weight)))
    return found[which].numpy()


def fit_line_of_arrays(x, y):
    return list(fit_line(torch.tensor(x), torch.tensor(y)))
