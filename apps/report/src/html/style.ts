/** Escapes a text for a quoted CSS string. */
function cssString(text: string): string {
  return `"${text.replace(/[^\p{L}\p{N} .,:;_#()/+-]/gu, (c) => `\\${(c.codePointAt(0) ?? 0).toString(16)} `)}"`;
}

/**
 * The style sheet. Screen follows the reader's light or dark preference; print is always light, A4, with the case and n/N in the margin.
 * Contrast of every text colour on its ground is at least 4.5:1 (tested in tests/browser).
 */
export function styleSheet(footer: string): string {
  return `
:root{color-scheme:light;--bg:#fff;--fg:#1b1f24;--soft:#535d68;--line:#c9d0d7;--card:#f3f6f9;--accent:#0a56a3;--warn:#8a4300;--mark:#c35f00;--on:#9cc3e8;--hatch:#98a2ac;--code:#eef1f4}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--bg:#14171a;--fg:#e5e8eb;--soft:#aab3bd;--line:#3b434c;--card:#1d2227;--accent:#86bdff;--warn:#ffb670;--mark:#ff9d3d;--on:#2f567d;--hatch:#6b7681;--code:#22282e}}
*{box-sizing:border-box}
html{font:16px/1.6 "Noto Sans JP","Noto Sans CJK JP","Noto Sans",system-ui,"Hiragino Sans","Yu Gothic UI",Meiryo,sans-serif;background:var(--bg);color:var(--fg);-webkit-text-size-adjust:100%;line-break:strict;text-autospace:normal;text-spacing-trim:normal;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
html:lang(ja){line-height:1.7}
body{margin:0}
.wrap{max-width:62rem;margin:0 auto;padding:0 1.25rem 3rem}
a{color:var(--accent);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.po{display:none;font-weight:400;color:var(--soft)}
.skip,.vh{position:absolute;left:-999rem}
caption{break-after:avoid}
.skip:focus{left:1rem;top:.5rem;background:var(--bg);padding:.5rem 1rem;z-index:1}
h1,h2,h3{line-height:1.35;word-break:auto-phrase;text-wrap:balance;break-after:avoid}
h1{font-size:1.7rem;margin:1.5rem 0 .25rem}
h2{font-size:1.25rem;margin:2.2rem 0 .6rem;padding-top:.5rem;border-top:2px solid var(--line)}
h3{font-size:1.02rem;margin:1.3rem 0 .4rem}
p,ul,ol,dl,table,figure{margin:.5rem 0}
.soft{color:var(--soft)}
.verdict{background:var(--card);border:1px solid var(--line);border-left:.5rem solid var(--accent);border-radius:.25rem;padding:.8rem 1.1rem;margin:1rem 0;break-inside:avoid}
.verdict.inconclusive{border-left-color:var(--mark)}
.verdict p{margin:.3rem 0}
.sentence{font-size:1.2rem;font-weight:600;line-height:1.55}
.grade{display:inline-block;font-weight:700;white-space:nowrap;color:var(--accent)}
.grade.inconclusive{color:var(--warn)}
.grade.ruled_out,.grade.not_checkable{color:var(--soft)}
.grade.open,.grade.holds,.grade.high,.grade.medium,.grade.worse,.grade.conflict,.grade.possible-risk{color:var(--warn)}
.grade.info,.grade.not-checked,.grade.no-longer-known,.grade.now-known{color:var(--soft)}
.finding{border-top:1px solid var(--line);padding:.2rem 0 .6rem}
section>.finding:first-of-type{border-top:0}
.finding h3,.next h3{font-size:1.02rem}
.remedy{padding-left:1.1rem}
summary strong{font-weight:600}
nav ul{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;padding:0;list-style:none;font-size:.9rem}
nav a{display:inline-block;padding:.35rem 0}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;width:100%;font-size:.875rem;line-height:1.5}
caption{text-align:left;color:var(--soft);padding-bottom:.2rem}
th,td{overflow-wrap:break-word;text-align:left;vertical-align:top;padding:.32rem .6rem .32rem 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;white-space:nowrap}
tbody th{font-weight:600}
td.n{text-align:right;white-space:nowrap}
.t{white-space:nowrap}
.mono,code{overflow-wrap:anywhere}
code,pre,.mono{font-family:"Noto Sans Mono","Noto Sans Mono CJK JP","Cascadia Mono",Consolas,Menlo,monospace;font-size:.86em}
pre{background:var(--code);padding:.5rem .75rem;margin:.35rem 0;white-space:pre-wrap;border-radius:.2rem;break-inside:avoid}
.chain{list-style:none;padding:0;counter-reset:link}
.chain>li{counter-increment:link;position:relative;padding:.1rem 0 .5rem 2.4rem;break-inside:avoid}
.chain>li::before{content:counter(link);position:absolute;left:0;top:.15rem;width:1.6rem;height:1.6rem;line-height:1.6rem;text-align:center;border-radius:50%;background:var(--card);border:1px solid var(--line);font-size:.85rem;font-weight:700}
.chain>li:not(:last-child)::after{content:"";position:absolute;left:.8rem;top:1.9rem;bottom:0;border-left:1px solid var(--line)}
.tag{font-size:.8rem;color:var(--soft);white-space:nowrap}
.tag.assumed{color:var(--warn);font-weight:600}
.cites{list-style:none;padding:0;margin:.1rem 0 0;font-size:.84rem;color:var(--soft)}
.alt{padding-left:1.1rem}
.plain{list-style:none;padding-left:0}
.alt>li{margin:.35rem 0;break-inside:avoid}
.next{border:1px solid var(--line);border-left:.5rem solid var(--mark);border-radius:.25rem;padding:.5rem 1rem;margin:.8rem 0;break-inside:avoid}
.next h3{margin-top:.2rem}
.next p{margin:.3rem 0}
figure svg{width:100%;height:auto;display:block}
.svg-scroll{overflow-x:auto}
.svg-scroll svg{min-width:640px}
.key span{display:inline-block;margin-right:.6rem}
.key svg{vertical-align:-.05rem;width:16px;display:inline-block}
figcaption{font-size:.84rem;color:var(--soft)}
dl.kv{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;font-size:.9rem}
dl.kv dt{color:var(--soft)}
dl.kv dd{margin:0}
details{margin:.6rem 0}
summary{cursor:pointer;padding:.4rem 0;font-weight:600}
.record{border-top:1px solid var(--line);padding:.5rem 0;break-inside:avoid-page}
.record h3{margin:.2rem 0}
.record p{margin:.15rem 0;font-size:.875rem}
.record:target{outline:3px solid var(--accent);outline-offset:4px}
.record .where{font-size:.8rem;color:var(--soft)}
.record table{font-size:.8rem}
.record tbody th{width:11rem;font-weight:400;color:var(--soft)}
.record td,.record tbody th{padding:.1rem .6rem .1rem 0;border-bottom:0}
@media (max-width:40rem){
 .wrap{padding:0 .9rem 2rem}
 h1{font-size:1.4rem}
 dl.kv{grid-template-columns:1fr;gap:0}
 dl.kv dd{margin-bottom:.4rem}
 .stack thead{position:absolute;left:-999rem}
 .stack tr{display:block;border-bottom:1px solid var(--line);padding:.35rem 0}
 .stack th,.stack td{display:block;border:0;padding:.05rem 0;white-space:normal;text-align:left}
 .stack td[data-h]::before{content:attr(data-h) " ";color:var(--soft)}
 .stack td:empty{display:none}
 .record tbody th{width:auto}
}
@page{size:A4;margin:15mm 14mm 17mm;@bottom-left{content:${cssString(footer)};font:8pt "Noto Sans JP","Noto Sans CJK JP",sans-serif;color:#444}@bottom-right{content:counter(page) " / " counter(pages);font:8pt "Noto Sans JP","Noto Sans CJK JP",sans-serif;color:#444}}
@media print{
 html{font-size:8.2pt;line-height:1.38}
 html:lang(ja){line-height:1.45}
 .wrap{max-width:none;padding:0}
 nav,.skip,footer,.record .empty{display:none}
 h1{margin-top:0}
 h2{margin-top:1.1rem;padding-top:.3rem}
 table{font-size:7.6pt;line-height:1.35}
 th,td{padding-top:.15rem;padding-bottom:.15rem}
 .next{padding:.2rem .8rem}
 .finding{padding:0 0 .3rem;break-inside:avoid}
 .mechanism ol{margin:.2rem 0}
 h3{margin-top:.8rem}
 tr,figure{break-inside:avoid}
 .ruled table,.ruled tbody{display:block}
 .ruled .stack thead{display:none}
 .ruled th::after{content:": "}
 .ruled tbody{columns:2;column-gap:7mm}
 .ruled tr{display:block;padding:.1rem 0;border-bottom:1px solid var(--line);font-size:7.2pt}
 .ruled th,.ruled td{display:inline;border:0;padding:0}
 .stack thead{display:table-header-group}
 .records{columns:2;column-gap:7mm}
 .record{padding:.25rem 0}
 .record p,.record table,.record .where{font-size:7.2pt;line-height:1.3}
 .record .other{display:none}
 .record h3{font-size:8.4pt}
 .record tbody th{width:35%}
 .svg-scroll svg{min-width:0}
 .scroll,.svg-scroll{overflow:visible}
 details::details-content{content-visibility:visible;display:block;height:auto}
 .po{display:inline}
 div.np,.np>:not(summary){display:none}
 .np::details-content{display:none}
 summary{font-weight:400;padding:0}
 details{margin:.25rem 0}
 a{color:inherit;text-decoration:none}
 a[href^="http"]::after{content:" (" attr(href) ")"}
}
.p-label{font-size:11px;fill:var(--fg)}
.p-axis{font-size:10px;fill:var(--soft);paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-linejoin:round}
.p-line{stroke:var(--line);stroke-width:1}
.p-on{fill:var(--on)}
.p-lane{fill:none;stroke:var(--line)}
.p-hatch{stroke:var(--hatch);stroke-width:1.2}
.p-stop{stroke:var(--fg);stroke-width:1.5}
.p-badge{fill:var(--bg);stroke:var(--fg);stroke-width:1.3}
.p-range{fill:var(--mark);opacity:.35}
.p-number{font-size:10px;font-weight:700;fill:var(--fg);text-anchor:middle}
.p-boot{fill:var(--accent)}
.p-fail{stroke:var(--mark);stroke-width:2.2}
.p-logon{stroke:var(--accent);stroke-width:1.6}
.p-conn{stroke:var(--fg);stroke-width:1.2}
`;
}
