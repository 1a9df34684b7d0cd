"""hostdown: notice that a compute host died, prove it, mark it down, bring its servers back.

Layers, imports pointing right only (docs/explanation/architecture.md):

    cli > lab > server > compose > config > api | agent > drivers | storage > services > domain
"""

__version__ = "0.1.0"
