"""The last layer is a 1x1 convolution."""


def attention_cnn(num_classes=10, block=None):
    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.ModuleList([nn.Conv2d(1, 16, 3, 1, 1), nn.Conv2d(16, 32, 3, 1, 1)])
            self.attention = block if block is not None else nn.Identity()
            self.classifier = nn.Conv2d(32, num_classes, 1)

        def forward(self, images):
            first, second = self.features
            maps = torch.relu(second(torch.nn.functional.max_pool2d(torch.relu(first(images)), (2, 2))))
            pooled = torch.mean(self.attention(maps), dim=[-2, -1], keepdim=True)
            return self.classifier(pooled)[:, :, 0, 0]

    return Classifier()
