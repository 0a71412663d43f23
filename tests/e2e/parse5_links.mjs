// The links of HTML files as parse5 and Node's URL class find them: reads lines of JSON
// {"url", "file"} and writes {"url", "links", "ways"}: the href of each `a` and `area` in document
// order, resolved against the page's base, without fragment; and those that are not rel=nofollow.
//
//   NODE_PATH=/usr/share/nodejs node parse5_links.mjs < pages.jsonl > links.jsonl
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const HTML = 'http://www.w3.org/1999/xhtml';
// Not by import: that does not look into NODE_PATH.
const { parse } = createRequire(import.meta.url)('parse5');

function attribute(node, name) {
  const found = node.attrs.find((one) => one.name === name && !one.prefix);
  return found === undefined ? undefined : found.value;
}

function parsed(text, base) {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

// Document order; what is in a template is not in the document.
function* elements(root) {
  const stack = [root];
  while (stack.length) {
    const node = stack.pop();
    if (node.tagName !== undefined) yield node;
    const children = node.childNodes ?? [];
    for (let i = children.length - 1; i >= 0; --i) stack.push(children[i]);
  }
}

function linksOf(html, url) {
  const all = [...elements(parse(html))].filter((node) => node.namespaceURI === HTML);
  let base = new URL(url);
  const element = all.find((node) => node.tagName === 'base' && attribute(node, 'href') !== undefined);
  if (element) base = parsed(attribute(element, 'href'), base) ?? base;
  const links = [];
  const ways = [];
  for (const node of all) {
    if (node.tagName !== 'a' && node.tagName !== 'area') continue;
    const href = attribute(node, 'href');
    const link = href === undefined ? undefined : parsed(href, base);
    if (link === undefined) continue;
    link.hash = '';
    links.push(link.href.replace(/#$/, ''));
    const rel = (attribute(node, 'rel') ?? '').toLowerCase().split(/\s+/);
    if (!rel.includes('nofollow')) ways.push(links.at(-1));
  }
  return { links, ways };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { url, file } = JSON.parse(line);
  const html = new TextDecoder('utf-8').decode(readFileSync(file));
  process.stdout.write(JSON.stringify({ url, ...linksOf(html, url) }) + '\n');
}
