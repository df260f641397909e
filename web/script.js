// The live part of the page. All of it also works without: the server renders every page whole, and what the stream
// brings is HTML of the same templates.
import './act.js';
import { applyFilter } from './filter.js';
import { follow } from './stream.js';

const { body } = document;
body.classList.add('scripted');
if (body.dataset['csrf'] !== '') {
  applyFilter();
  follow();
}
