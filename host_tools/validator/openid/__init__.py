"""The OpenID provider: what it takes from and gives to applications, without pages and routes."""
