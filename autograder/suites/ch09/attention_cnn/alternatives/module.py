"""A module of its own."""


class _Net(nn.Module):
    def __init__(self, num_classes, block):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.block = block
        self.head = nn.Linear(32, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.relu(self.conv2(x))
        if self.block is not None:
            x = self.block(x)
        return self.head(x.mean(dim=(2, 3)))


def attention_cnn(num_classes=10, block=None):
    return _Net(num_classes, block)
