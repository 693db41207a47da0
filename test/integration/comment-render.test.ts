import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// The golden comments in a browser, as far as one without GitHub can show them. The screenshots are for eyes: .cache/comments.

const executablePath = process.env['PGFLEET_CHROMIUM'] ?? '/usr/bin/chromium'
const folder = 'test/report/markdown/goldens'
const pictures = '.cache/comments'
const names = readdirSync(folder).map((file) => file.replace(/\.md$/, ''))

/** What GitHub does behind Markdown: alerts get their titles, and the style is near to its own. Raw HTML stays, to see what it would do. */
function pageOf(markdown: string): string {
  const body = micromark(markdown, {
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  })
  const withAlerts = body.replace(
    /<blockquote>\n<p>\[!(CAUTION|WARNING)\]\n?/g,
    (_match, kind: string) => `<blockquote class="alert ${kind}"><p class="title">${kind.toLowerCase()}</p>\n<p>`,
  )
  return `<!doctype html><meta charset="utf-8"><title>pgfleet</title><style>${style}</style><main>${withAlerts}</main>`
}

const style = `
  body { margin: 0; font: 14px/1.5 "DejaVu Sans", sans-serif; color: #1f2328 }
  main { width: 900px; padding: 16px; box-sizing: border-box; overflow-wrap: break-word }
  code, pre { font: 12px "DejaVu Sans Mono", monospace; background: #eff1f3; border-radius: 6px }
  code { padding: .2em .4em } pre { padding: 12px; overflow: auto } pre code { padding: 0; background: none }
  table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse; margin: 0 0 16px }
  th, td { border: 1px solid #d1d9e0; padding: 6px 13px } tr:nth-child(2n) { background: #f6f8fa }
  blockquote.alert { margin: 0 0 16px; padding: 8px 16px; border-left: 4px solid #9a6700 } blockquote.CAUTION { border-color: #cf222e }
  .title { margin: 0; font-weight: bold; text-transform: capitalize; color: #9a6700 } .CAUTION .title { color: #cf222e }
  hr { border: 0; height: 4px; background: #d1d9e0 } h3, h4 { margin: 16px 0 8px } p, ul, ol, details { margin: 0 0 16px }`

type Seen = { readonly requests: string[]; readonly scripts: string[] }

/** Shows a comment and notes what it tries. */
async function show(browser: Browser, markdown: string): Promise<{ page: Page; seen: Seen }> {
  const page = await browser.newPage({ viewport: { width: 1000, height: 800 } })
  const seen: Seen = { requests: [], scripts: [] }
  page.on('dialog', (dialog) => {
    seen.scripts.push(dialog.message())
    void dialog.dismiss()
  })
  await page.exposeFunction('planted', (what: string) => seen.scripts.push(what))
  await page.route('**/*', (route) => {
    seen.requests.push(route.request().url())
    return route.abort()
  })
  await page.setContent(pageOf(markdown), { waitUntil: 'load' })
  return { page, seen }
}

/** What is wrong with what the browser made of it. */
async function faults(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: 'test/support/comment-faults.js' })
  return page.evaluate<string[]>('commentFaults()')
}

const missing = existsSync(executablePath) ? false : `no browser at ${executablePath}: scripts/chromium.sh`

describe.skipIf(missing)('golden comments in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true })
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  })
  afterAll(() => browser?.close())

  test.each(names)('%s', async (name) => {
    const { page, seen } = await show(browser, readFileSync(`${folder}/${name}.md`, 'utf8'))
    await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true })
    await page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true')
    await page.screenshot({ path: `${pictures}/${name}-open.png`, fullPage: true })
    expect(await faults(page)).toEqual([])
    expect(seen).toEqual({ requests: [], scripts: [] })
    await page.close()
  })

  test.each([
    ['<img src="http://pixel.example/x" onerror="planted(1)">', ['element IMG', 'handler onerror'], 1],
    ['<svg onload="planted(2)"></svg>', ['handler onload'], 0],
    ['[x](http://evil.example)', ['link http://evil.example'], 0],
    ['<details><summary>x</summary>\n\ny', ['the footer is inside of something'], 0],
    ['<details><summary>x</summary>\n\n> [!WARNING]\n> y\n\n</details>', ['an alert that is not at top level'], 0],
    [`<table><tr><td>${'x'.repeat(40)}</td></tr></table><p style="width:1200px">wide</p>`, ['1216 pixels wide'], 0],
  ])('a planted breach is seen: %s', async (breach, found, requests) => {
    const { page, seen } = await show(browser, `${breach}\n\nFleet x`)
    expect(await faults(page)).toEqual(expect.arrayContaining(found))
    expect(seen.requests).toHaveLength(requests)
    if (breach.includes('planted(')) await expect.poll(() => seen.scripts.length).toBe(1)
    await page.close()
  })
})
