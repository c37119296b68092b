/** An instant: partials/time.eta writes it for whoever looks, programs read it as ISO 8601. */
export const instant = (date: Date) => ({ iso: date.toISOString(), toJSON: () => date.toISOString() })
