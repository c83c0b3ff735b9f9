"""How a report looks: in a browser from a phone to a desk, and on paper. Nothing is said by colour alone."""

STYLE = """
:root { color-scheme: light; --ink: #1b1f24; --soft: #4b5563; --line: #c9ced6; --shade: #f3f5f8; --link: #0b4f9e; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem 1.25rem 3rem; color: var(--ink); background: #fff;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .5rem 0 1rem; }
h2 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .75rem; }
h3 { font-size: 1.08rem; margin: 1.75rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; overflow-wrap: anywhere; }
a { color: var(--link); }
a:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: .5rem; background: #fff; padding: .25rem .5rem; }
header dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.25rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
nav ol { columns: 18rem; margin: 1.25rem 0 0; padding: .75rem .75rem .75rem 2.25rem; background: var(--shade);
  border: 1px solid var(--line); border-radius: .4rem; }
nav li { padding: .15rem 0; break-inside: avoid; }
section { margin-top: 2.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
section:target > h2 { text-decoration: underline; text-underline-offset: .2em; }
.note, div.bad { border-left: .3rem solid var(--ink); background: var(--shade); padding: .5rem .9rem; }
div.bad ul { margin: .25rem 0; padding-left: 1.25rem; overflow-wrap: anywhere; }
figure { margin: 1rem 0 .5rem; max-width: 34rem; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .9rem; }
.hint { display: none; color: var(--soft); font-size: .9rem; margin: 1rem 0 0; }
.hint::after { content: " \\2192"; }
.scroll { overflow-x: auto; margin: 1rem 0; }
@media screen { .scroll { background:
  linear-gradient(90deg, #fff 1.5rem, #fff0) 0 0 / 3rem 100% no-repeat local,
  linear-gradient(270deg, #fff 1.5rem, #fff0) 100% 0 / 3rem 100% no-repeat local,
  linear-gradient(90deg, #0004, #0000) 0 0 / .9rem 100% no-repeat scroll,
  linear-gradient(270deg, #0004, #0000) 100% 0 / .9rem 100% no-repeat scroll; } }
.pair { display: flex; flex-wrap: wrap; gap: 0 3rem; }
.tall { max-height: 26rem; overflow-y: auto; border-bottom: 1px solid var(--line); }
.tall thead th { position: sticky; top: 0; background: #fff; box-shadow: 0 1px 0 var(--line); }
table { border-collapse: collapse; font-size: .95rem; }
caption { text-align: left; font-weight: 600; padding: 0 0 .35rem; }
th, td { padding: .35rem .75rem; vertical-align: top; text-align: right; border-bottom: 1px solid var(--line);
  font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; padding-left: .25rem; }
thead th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); vertical-align: bottom; }
.part { display: block; padding-left: 1rem; }
tbody th { font-weight: 400; overflow-wrap: anywhere; min-width: 9rem; }
.words td, .words th { text-align: left; }
.list { width: 100%; font-size: .9rem; table-layout: fixed; }
.list th, .list td { text-align: left; overflow-wrap: anywhere; padding: .45rem .5rem; }
.list th:first-child { width: 11.5rem; }
.list th:nth-child(3) { width: 22%; }
code { font: .9em/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
  overflow-wrap: anywhere; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .9rem; }
@media screen and (max-width: 38rem) {
  .hint { display: block; }
  .hint + .scroll { margin-top: .25rem; }
  tbody th { min-width: 6.5rem; }
}
@media screen and (max-width: 46rem) {
  body { padding: .75rem .9rem 2rem; }
  header dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
  th, td { padding: .35rem .45rem; }
  .list, .list tbody, .list tr, .list th, .list td { display: block; width: auto; }
  .list thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .list tr { border: 1px solid var(--line); border-radius: .4rem; margin: .75rem 0; padding: .35rem .5rem; }
  .list th:first-child, .list th:nth-child(3) { width: auto; }
  .list th, .list td, .list th:first-child { border: 0; padding: .2rem .25rem; }
  .list td:empty { display: none; }
  .list td::before, .list tbody th::before { content: attr(data-label); display: block; color: var(--soft);
    font-size: .82rem; }
}
@media print {
  @page { margin: 14mm 12mm; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  section { margin-top: 1.25rem; padding-top: .75rem; }
  h2, h3, caption, figcaption { break-after: avoid; }
  figure, tr, div.bad, .scroll:not(.tall) { break-inside: avoid; }
  figure { max-width: 13cm; }
  .scroll, .tall { overflow: visible; max-height: none; border: 0; }
  .tall thead th { position: static; box-shadow: none; }
  thead { display: table-header-group; }
  table { font-size: 8.5pt; }
  .list { font-size: 7.5pt; }
  .list th:first-child { width: 3.4cm; }
  a { color: inherit; text-decoration: none; }
}
"""
