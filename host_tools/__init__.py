"""Tools of the host: flash boards, provision and check tokens."""
