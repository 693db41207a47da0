/** What happens while a project comes up, for whoever shows it. */
export type Progress =
  | { readonly kind: 'step'; readonly message: string }
  /** What a tool that takes long says. */
  | { readonly kind: 'detail'; readonly message: string }
  | { readonly kind: 'container'; readonly container: string; readonly state: ContainerProgress; readonly reason?: string }

/** `waiting`: for the server that it belongs to. */
export type ContainerProgress = 'waiting' | 'creating' | 'starting' | 'healthy' | 'failed'

export type OnProgress = (event: Progress) => void
