"""A real Nova with simulated hosts, for tests: `make nova` sets up what it needs.

Services and hosts are what Nova has of them; their hypervisor is Nova's fake driver, and Glance and
Neutron are stand-ins. MariaDB and RabbitMQ must run on this machine.
"""

from tools.nova.server import HOSTS, IMAGE, Nova, programs

__all__ = ["HOSTS", "IMAGE", "Nova", "programs"]
