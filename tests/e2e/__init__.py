"""The whole token: firmware on the VM, its display read from pixels, provisioned over its link by
the host tools."""
