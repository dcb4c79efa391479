"""Renderers of one result model: terminal, JUnit, Allure, HTML, Markdown, metrics, history."""
