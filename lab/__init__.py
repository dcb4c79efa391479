"""The embedded lab: a real, highly available Kubernetes cluster on one machine.

The lab hands over an inventory and a kubeconfig and nothing else; the rest of
the project never imports it, and it imports nothing of the rest.
"""
