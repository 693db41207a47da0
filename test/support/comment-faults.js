// Runs in a browser: what is wrong with a comment that is shown in <main>.

const runs = /^https:\/\/github\.com\/acme\/databases\/actions\/runs\/\d+$/
const alert = /^\[!(CAUTION|WARNING)\]/
const widest = 1000

// biome-ignore lint/correctness/noUnusedVariables: called by name
function commentFaults() {
  const main = document.querySelector('main')
  const all = (selector) => [...main.querySelectorAll(selector)]
  const when = (wrong, what) => (wrong ? [what] : [])
  return [
    ...all('script, img, iframe, form, style, input').map(({ tagName }) => `element ${tagName}`),
    ...all('*').flatMap((element) =>
      element
        .getAttributeNames()
        .filter((name) => name.startsWith('on'))
        .map((name) => `handler ${name}`),
    ),
    ...all('a').flatMap((link) => when(!runs.test(link.getAttribute('href')), `link ${link.getAttribute('href')}`)),
    ...all('details').flatMap((details) => when(details.parentElement !== main, 'a fold inside of something')),
    ...all('details').flatMap(({ children }) =>
      when(children[0]?.tagName !== 'SUMMARY' || children.length < 2, 'a fold without summary or content'),
    ),
    ...when(!main.lastElementChild.textContent.startsWith('Fleet '), 'the footer is inside of something'),
    ...all('.alert').flatMap(({ parentElement }) => when(parentElement !== main, 'an alert that is not at top level')),
    ...all('p').flatMap(({ textContent }) => when(alert.test(textContent), 'an alert that is none')),
    ...all('table').flatMap(rowFaults),
    ...when(document.documentElement.scrollWidth > widest, `${document.documentElement.scrollWidth} pixels wide`),
  ]
}

function rowFaults(table) {
  const columns = table.querySelectorAll('thead th').length
  return [...table.querySelectorAll('tbody tr')]
    .filter(({ children }) => children.length !== columns)
    .map(({ children }) => `a row of ${children.length} columns`)
}
