// The report's style: the app's look on paper. Light or dark as the reader's system is.

export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--text:#1c2127;--soft:#5c6670;--line:#dfe3e8;--fill:#3d7ea6;--good:#0b6e4f;--bad:#a4262c}
@media screen and (prefers-color-scheme:dark){:root{--bg:#16191d;--text:#e6e9ed;--soft:#9aa4af;--line:#30363d;--fill:#6cb0da;--good:#5bd0a5;--bad:#ff8f87}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:960px;padding:24px 20px 64px;background:var(--bg);color:var(--text);font:14px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
h1{margin:0;font-size:22px;overflow-wrap:anywhere}
h2{margin:32px 0 8px;padding-top:16px;border-top:1px solid var(--line);font-size:16px}
p{margin:4px 0}
.soft,figcaption,.noise td{color:var(--soft)}
.mono{font-family:ui-monospace,monospace;font-size:12px;overflow-wrap:anywhere}
table:has(thead) .mono{display:inline-block;width:max-content;max-width:52ch}
.code{font:12px/1.45 ui-monospace,monospace;overflow-wrap:anywhere;color:var(--soft)}
.code div{padding-left:4ch;text-indent:-2ch}
tr:has(+ .beneath) td{border-bottom:0;padding-bottom:0}
.figures{display:flex;flex-wrap:wrap;gap:12px 32px;margin:16px 0 0}
.figures div{min-width:96px}
.figures dt{color:var(--soft);font-size:12px}
.figures dd{margin:0;font-size:18px;font-weight:600}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse}
th,td{padding:3px 10px 3px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{color:var(--soft);font-size:12px;font-weight:400}
tbody th{font-weight:400}
.n{text-align:right;white-space:nowrap}
.good{color:var(--good);font-weight:600}
.bad{color:var(--bad);font-weight:600}
figure{margin:16px 0}
figcaption{padding-bottom:6px}
svg{display:block;width:100%;height:auto;font:11px system-ui,sans-serif}
svg text{fill:var(--soft)}
.area,.bar{fill:var(--fill);opacity:.55}
.axis{stroke:var(--line)}
.peak{stroke:var(--bad)}
.bound{stroke:var(--good);stroke-dasharray:4 3}
.whisker{stroke:var(--text);fill:none}
@media print{:root{color-scheme:light}body{max-width:none;padding:0}h2{break-after:avoid}tr,figure{break-inside:avoid}}
`;
