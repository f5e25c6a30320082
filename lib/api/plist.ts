/**
 * Property dictionaries as XML, in the form that NetBSD's proplib and Apple's plutil exchange.
 *
 * The tree is read here and not by a plist package: those take integers for doubles, and NetBSD's hexadecimal
 * ones for 0. The XML parser is loaded when it is first needed.
 *
 * NetBSD: prop_dictionary_externalize(3), prop_dictionary_internalize(3), proplib(3).
 */
import type { Element, Node } from '@xmldom/xmldom';
import { type PropDictionary, type PropValue, propDictionary } from '../kern/prop.ts';
import { EINVAL, Errno } from '../sys/errno.ts';
import { SysError } from './errors.ts';

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
`;

/** Deepest nesting that is read. */
const DEPTH_MAX = 32;
const ELEMENT_NODE = 1;
const TEXT_NODE = 3;
const CDATA_SECTION_NODE = 4;
/** What XML 1.0 has no way to say: control characters, lone surrogates, two code points. */
const UNSPEAKABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

/** The XML of a dictionary. @throws SysError EINVAL it holds what proplib or XML cannot */
export function propExternalize(dict: Readonly<Record<string, unknown>>): string {
  try {
    return `${HEAD}${write(propDictionary(dict), '')}</plist>\n`;
  } catch (error) {
    throw error instanceof Errno ? new SysError(error, 'propExternalize') : error;
  }
}

/**
 * The dictionary that `xml` describes. Integers that are exact as numbers are numbers. Rejects with SysError
 * EINVAL.
 */
export async function propInternalize(xml: string): Promise<PropDictionary> {
  if (typeof xml !== 'string') {
    throw new SysError(EINVAL, 'propInternalize', 'a dictionary is read from a string');
  }
  const { DOMParser } = await import('@xmldom/xmldom');
  const parser = new DOMParser({
    onError(_level, message) {
      throw new SysError(EINVAL, 'propInternalize', String(message));
    },
  });
  try {
    // The parser makes line ends of some characters, and takes a replacement character for a mistake in the encoding.
    const source = xml.replace(/[\u0085\u2028\u2029\ufffd]/g, (c) => `&#x${c.charCodeAt(0).toString(16)};`);
    const root = parser.parseFromString(source, 'text/xml').documentElement;
    const [only, ...more] = root?.nodeName === 'plist' ? elements(root) : [];
    if (only?.nodeName !== 'dict' || more.length > 0) {
      throw invalid('there is one dictionary in a plist');
    }
    return propDictionary(read(only, 0));
  } catch (error) {
    if (error instanceof SysError) {
      throw error;
    }
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function invalid(why: string): SysError {
  return new SysError(EINVAL, 'propInternalize', why);
}

function xmlText(text: string): string {
  if (UNSPEAKABLE.test(text)) {
    throw EINVAL;
  }
  // A bare carriage return would be read back as a line feed.
  return text.replace(/[&<>\r]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? '&#13;');
}

function write(value: PropValue, indent: string): string {
  const deeper = `${indent}\t`;
  switch (typeof value) {
    case 'boolean':
      return `${indent}<${value}/>\n`;
    case 'string':
      return `${indent}<string>${xmlText(value)}</string>\n`;
    case 'number':
    case 'bigint':
      return `${indent}<integer>${value}</integer>\n`;
    default:
  }
  if (value instanceof Uint8Array) {
    return `${indent}<data>${Buffer.from(value).toString('base64')}</data>\n`;
  }
  if (Array.isArray(value)) {
    return `${indent}<array>\n${value.map((v) => write(v, deeper)).join('')}${indent}</array>\n`;
  }
  const entries = Object.entries(value as PropDictionary).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = entries.map(([key, v]) => `${deeper}<key>${xmlText(key)}</key>\n${write(v, deeper)}`);
  return `${indent}<dict>\n${lines.join('')}${indent}</dict>\n`;
}

/** The elements below one; between them there is nothing but white space. */
function elements(parent: Element): Element[] {
  const found: Element[] = [];
  for (const node of parent.childNodes as Iterable<Node>) {
    if (node.nodeType === ELEMENT_NODE) {
      found.push(node as Element);
    } else if (isText(node) && (node.nodeValue ?? '').trim() !== '') {
      throw invalid(`text inside ${parent.nodeName}`);
    }
  }
  return found;
}

function isText(node: Node): boolean {
  return node.nodeType === TEXT_NODE || node.nodeType === CDATA_SECTION_NODE;
}

function text(parent: Element): string {
  if ([...(parent.childNodes as Iterable<Node>)].some(({ nodeType }) => nodeType === ELEMENT_NODE)) {
    throw invalid(`an element inside ${parent.nodeName}`);
  }
  return parent.textContent ?? '';
}

function read(element: Element, depth: number): PropValue {
  if (depth > DEPTH_MAX) {
    throw invalid('nested too deeply');
  }
  switch (element.nodeName) {
    case 'true':
    case 'false':
      return element.nodeName === 'true';
    case 'string':
      return text(element);
    case 'integer':
      return integer(text(element).trim());
    case 'data':
      return bytes(text(element).replace(/\s/g, ''));
    case 'array':
      return elements(element).map((child) => read(child, depth + 1));
    case 'dict':
      return dict(elements(element), depth);
    default:
      throw invalid(`${element.nodeName} is no property`);
  }
}

function dict(children: readonly Element[], depth: number): PropDictionary {
  const entries = new Map<string, PropValue>();
  for (let i = 0; i < children.length; i += 2) {
    const [key, value] = [children[i], children[i + 1]];
    if (key?.nodeName !== 'key' || value === undefined || entries.has(text(key))) {
      throw invalid('a dictionary is pairs of a key and its value, each key once');
    }
    entries.set(text(key), read(value, depth + 1));
  }
  return Object.fromEntries(entries);
}

function integer(digits: string): number | bigint {
  const match = /^([+-]?)(0x[0-9a-f]+|[0-9]+)$/i.exec(digits);
  if (match === null) {
    throw invalid(`${digits} is no integer`);
  }
  const value = match[1] === '-' ? -BigInt(match[2] as string) : BigInt(match[2] as string);
  const exact = Number(value);
  return Number.isSafeInteger(exact) ? exact : value;
}

function bytes(base64: string): Uint8Array {
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw invalid('data is base64');
  }
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}
