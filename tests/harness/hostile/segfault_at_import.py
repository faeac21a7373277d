# verdict: crashed
# message: it died of SIGSEGV (it touched memory that is not its own) while being imported
__import__("cty" + "pes").string_at(0)
