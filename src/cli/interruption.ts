/** Ctrl-C and SIGTERM as an AbortSignal. The first asks for a clean end; `onAgain` is called at each further one. */
export function interruption(): { signal: AbortSignal; onAgain: (action: () => void) => void; end: () => void } {
  const controller = new AbortController()
  let again = () => {}
  const handle = () => {
    if (controller.signal.aborted) again()
    else controller.abort()
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, handle)
  return {
    signal: controller.signal,
    onAgain: (action) => {
      again = action
    },
    end: () => {
      for (const name of names) process.off(name, handle)
    },
  }
}
