"""Random programs: types, expressions, statements and groups of invocations are a module each; program puts them together."""
