from django.contrib.auth import hashers


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """With the parameters that the accounts' hashes have: Django's own would hash each anew at sign-in."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
