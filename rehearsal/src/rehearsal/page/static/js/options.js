// The options that a select offers: the app's own, the workspace's people and channels, or what the app suggests.

import { sayPlain } from './text.js';

const LEAST_TYPED = 3;

/** A function of what is typed: `{groups: [[label, options]], words}`. `words` says why there are none. */
export function findSource(element, block, use) {
  if (element.type.endsWith('external_select')) return (typed) => suggest(element, block, use, typed);
  const groups = listGroups(element, use.model);
  return (typed) => sift(groups, typed);
}

/** An option as the page holds it, from one of Block Kit's or from an id. */
export function readOption(given, element, model) {
  if (typeof given !== 'string') return { value: given.value, text: sayPlain(given.text), description: given.description && sayPlain(given.description) };
  const found = listGroups(element, model).flatMap(([, options]) => options).find((one) => one.value === given);
  return found ?? { value: given, text: given };
}

function listGroups(element, model) {
  const read = (options) => options.map((one) => readOption(one, element, model));
  if (element.type.includes('users')) {
    return [['', [...model.people.values()].filter((one) => !one.deleted).map((one) => ({ value: one.id, text: one.profile.real_name }))]];
  }
  if (/channels|conversations/.test(element.type)) return [['', [...model.channels.values()].map((one) => ({ value: one.id, text: one.name }))]];
  if (element.option_groups) return element.option_groups.map((group) => [sayPlain(group.label), read(group.options)]);
  return [['', read(element.options ?? [])]];
}

function sift(groups, typed) {
  const wanted = typed.trim().toLowerCase();
  const kept = groups.map(([label, options]) => [label, options.filter((one) => one.text.toLowerCase().includes(wanted))]);
  const filled = kept.filter(([, options]) => options.length > 0);
  return { groups: filled, words: filled.length ? '' : 'No results' };
}

async function suggest(element, block, use, typed) {
  const least = element.min_query_length ?? LEAST_TYPED;
  if (typed.trim().length < least) return { groups: [], words: `Type ${least === 1 ? 'a character' : `${least} characters`} or more` };
  try {
    const answer = await use.suggest(block, element, typed);
    const groups = answer.option_groups ?? [{ label: null, options: answer.options ?? [] }];
    const read = groups.map((group) => [group.label ? sayPlain(group.label) : '', group.options.map((one) => readOption(one, element, use.model))]);
    return { groups: read, words: read.some(([, options]) => options.length) ? '' : 'No results' };
  } catch {
    return { groups: [], words: 'No suggestions' };
  }
}
