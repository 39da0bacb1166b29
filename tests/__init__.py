"""The test suite; its folders mirror the rooms of ``django_provisioning``."""
