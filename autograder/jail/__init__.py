"""The jail: `host` starts it and proves that it holds, `inside` is what runs in it."""
