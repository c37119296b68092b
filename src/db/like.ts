/** A pattern for `LIKE … ESCAPE '\'`, for what has this text in it: there, `%` and `_` would stand for anything. */
export const containing = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`
