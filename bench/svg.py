"""A drawing in SVG, for the figures that benchmarks leave in bench/results.

No background: greys and colours of middle brightness, which can be read on white and on black.
"""
import html

GREY, FAINT = "#808890", "#80889055"


class Drawing:
    def __init__(self, width, height):
        self.height = height
        self.text_lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                           f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11" fill="{GREY}">']

    def text(self, x, y, words, anchor="start", colour=GREY):
        self.text_lines.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{html.escape(str(words))}</text>')

    def line(self, x1, y1, x2, y2, colour=FAINT):
        self.text_lines.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>')

    def dot(self, x, y, colour, radius=3.5):
        self.text_lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}" fill-opacity="0.75"/>')

    def path(self, points, colour, dashes=""):
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.text_lines.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.8" '
                               f'stroke-dasharray="{dashes or "none"}"/>')

    def write(self, path):
        path.write_text("\n".join([*self.text_lines, "</svg>", ""]))
