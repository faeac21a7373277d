def zeros_like(x):
    return x


raise SystemExit("shadowed")
