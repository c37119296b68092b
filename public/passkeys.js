// Passkeys: asks the browser for one and sends its answer by the form that has data-passkey.
// The form stays hidden where there are none. Text comes from data- attributes.
const form = document.querySelector('[data-passkey]')
const { passkey: kind, options, autofill } = form.dataset
const credential = form.querySelector('[name=credential]')
const said = form.querySelector('[data-unfinished]')
let asking

const say = text => {
  said.textContent = text
  said.hidden = !text
}

// Our challenge, the passkey's answer, the form.
const ask = async mediation => {
  asking?.abort()
  const mine = asking = new AbortController()
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  const answer = await fetch(options, { method: 'POST', headers, body: '{}' })
  // To be confirmed once more: the form leads on, so that the name that was typed comes along.
  if (answer.status === 403 && kind === 'create') return form.submit()
  // Signed out: the page leads on.
  if (answer.status === 401 || answer.status === 403) return location.reload()
  const json = await answer.json()
  if (!answer.ok) return mediation || say(json.message)
  const { signal } = mine
  const made = kind === 'create'
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(json), signal })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(json), signal, mediation })
  if (asking !== mine) return
  credential.value = JSON.stringify(made)
  form.querySelectorAll('[data-from]').forEach(field => {
    field.value = document.getElementById(field.dataset.from).checked ? '1' : ''
  })
  form.requestSubmit()
}

// Offers passkeys where the username is typed, with a new challenge before the old one ends.
const offer = async () => {
  if (!autofill || !await PublicKeyCredential.isConditionalMediationAvailable?.()) return
  const again = setTimeout(offer, 4 * 60_000)
  addEventListener('pagehide', () => clearTimeout(again), { once: true })
  form.addEventListener('submit', () => clearTimeout(again), { once: true })
  // Declined, or the button was quicker: the rest of the page goes on.
  ask('conditional').catch(() => {})
}

form.addEventListener('submit', event => {
  if (credential.value) return
  event.preventDefault()
  event.stopPropagation()
  say('')
  ask().catch(error => {
    say(error.name === 'InvalidStateError' ? said.dataset.known : said.dataset.unfinished)
    offer()
  })
})

// Back button: a new answer is needed.
addEventListener('pageshow', () => { credential.value = '' })

if (globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  form.hidden = false
  offer()
} else document.querySelectorAll('[data-no-passkeys]').forEach(el => { el.hidden = false })
