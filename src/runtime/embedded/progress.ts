/** What happens while a fleet starts and runs, for whoever shows it. */
export type Progress =
  | { readonly kind: 'step'; readonly message: string }
  | { readonly kind: 'service'; readonly service: string; readonly state: ServiceState; readonly reason?: string }

/** `ended`: the server stopped although nobody asked it to. */
export type ServiceState = 'preparing' | 'starting' | 'initialising' | 'checking' | 'pooling' | 'healthy' | 'failed' | 'ended'

export type OnProgress = (event: Progress) => void
