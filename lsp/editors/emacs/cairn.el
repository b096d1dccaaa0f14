;;; cairn.el --- Completions by a model that runs on this machine  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0
;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1") (eglot "1.9"))
;; Keywords: convenience, languages

;;; Commentary:

;; Eglot has no inline completion.  This adds it for the server `cairn lsp':
;; what it suggests is shown behind the cursor, and inserted with TAB.
;;
;;   (require 'cairn)
;;   (cairn-setup '(python-mode python-ts-mode))
;;
;; and M-x eglot.  Eglot runs one server for a buffer, so Cairn takes the place
;; of another one.  For items in the ordinary completion menu instead, this
;; file is not needed:
;;
;;   (add-to-list 'eglot-server-programs '(python-mode . ("cairn" "lsp")))

;;; Code:

(require 'eglot)
(require 'jsonrpc)
(require 'subr-x)

(defgroup cairn nil
  "Completions by a model that runs on this machine."
  :group 'tools)

(defcustom cairn-command '("cairn" "lsp")
  "The language server and its arguments."
  :type '(repeat string))

(defcustom cairn-automatic t
  "Whether to suggest while you type; else `cairn-complete' asks."
  :type 'boolean)

(defcustom cairn-delay 0.05
  "Rest of the keyboard, in seconds, before the server is asked."
  :type 'number)

(defface cairn-ghost '((t :inherit shadow))
  "Text that is suggested and not in the buffer yet.")

;;; The server

(defclass cairn-server (eglot-lsp-server) ()
  :documentation "A `cairn lsp' that is asked for inline completions.")

(cl-defmethod eglot-client-capabilities ((_server cairn-server))
  "Announce inline completions, so that no items for a menu are offered."
  (let ((all (copy-sequence (cl-call-next-method))))
    (plist-put all :textDocument
               (append '(:inlineCompletion (:dynamicRegistration :json-false))
                       (plist-get all :textDocument)))))

(defvar cairn--status "idle"
  "What the server said last that it does.")

(cl-defmethod eglot-handle-notification
  ((_server cairn-server) (_method (eql 'cairn/status)) &key state &allow-other-keys)
  "Show STATE in the mode line."
  (setq cairn--status state)
  (force-mode-line-update t))

(defun cairn--lighter ()
  "The name, and what the server does if it is not idle."
  (if (equal cairn--status "idle") " Cairn" (concat " Cairn:" cairn--status)))

(defun cairn-setup (modes)
  "Let Eglot run Cairn in MODES, and show what it suggests."
  (add-to-list 'eglot-server-programs `(,modes . (cairn-server ,@cairn-command)))
  (add-hook 'eglot-managed-mode-hook #'cairn--follow-eglot))

(defun cairn--follow-eglot ()
  "Switch `cairn-mode' on in buffers of a `cairn-server', and off with it."
  (cairn-mode (if (cl-typep (eglot-current-server) 'cairn-server) 1 -1)))

;;; The suggestion

(defvar cairn-mode)
(defvar-local cairn--overlay nil "Where the suggestion is shown; nil if it is not.")
(defvar-local cairn--offer nil
  "The suggestion: its place, size of the buffer behind it, text, command.")
(defvar-local cairn--tick nil "The state of the buffer that was looked at last.")
(defvar-local cairn--timer nil "Waits for the keyboard to rest.")

(defun cairn--rest ()
  "What is left of the suggestion at point; nil if it does not fit."
  (pcase cairn--offer
    (`(,start ,size-behind ,text ,_)
     (when (and (>= (point) start) (= (- (point-max) (point)) size-behind))
       (let ((typed (buffer-substring-no-properties start (point))))
         (when (and (string-prefix-p typed text) (not (equal typed text)))
           (substring text (length typed))))))))

(defun cairn--menu-is-open-p ()
  "Whether company, corfu or the built-in completion is at work."
  (or completion-in-region-mode (bound-and-true-p company-candidates)))

(defun cairn--erase ()
  "Take the suggestion off the screen."
  (when cairn--overlay
    (delete-overlay cairn--overlay)
    (setq cairn--overlay nil)))

(defun cairn--draw ()
  "Show what is left of the suggestion, or forget it; an open menu hides it."
  (cairn--erase)
  (let ((rest (cairn--rest)))
    (cond ((not rest) (setq cairn--offer nil))
          ((not (cairn--menu-is-open-p))
           (let ((ghost (propertize rest 'face 'cairn-ghost)))
             (put-text-property 0 1 'cursor t ghost) ; the cursor stays before it
             (setq cairn--overlay (make-overlay (point) (point)))
             (overlay-put cairn--overlay 'after-string ghost))))))

(defun cairn--take (answer position)
  "Show the first item of ANSWER that begins at POSITION."
  (let ((item (seq-find (lambda (item) (equal (plist-get (plist-get item :range) :start) position))
                        (if (vectorp answer) answer (plist-get answer :items)))))
    (when (stringp (plist-get item :insertText))
      (let ((rest (cairn--rest))
            (text (plist-get item :insertText)))
        ;; While typing goes along with it, only more of the same replaces what is shown.
        (when (string-prefix-p (or rest "") text)
          (setq cairn--offer (list (point) (- (point-max) (point)) text (plist-get item :command)))
          (cairn--draw))))))

(defun cairn--taker (position)
  "Make a function that takes the answer for POSITION, if nothing has moved on."
  (let ((buffer (current-buffer))
        (tick (buffer-chars-modified-tick))
        (place (point)))
    (lambda (answer)
      (when (and answer (buffer-live-p buffer))
        (with-current-buffer buffer
          (when (and cairn-mode (= tick (buffer-chars-modified-tick)) (= place (point)))
            (cairn--take answer position)))))))

(defun cairn--ask (buffer trigger)
  "Ask for a suggestion in BUFFER if it is in use; TRIGGER is the protocol's."
  (when (eq buffer (window-buffer))
    (with-current-buffer buffer
      (when-let* ((server (eglot-current-server)))
        (eglot--signal-textDocument/didChange)
        (let ((params (eglot--TextDocumentPositionParams)))
          (jsonrpc-async-request
           server :textDocument/inlineCompletion
           `(,@params :context (:triggerKind ,trigger))
           :success-fn (cairn--taker (plist-get params :position))
           :error-fn #'ignore
           :timeout-fn #'ignore
           :deferred :textDocument/inlineCompletion))))))

(defun cairn--after-command ()
  "Follow what was typed; ask again once the keyboard rests."
  (cairn--draw)
  (let ((tick (buffer-chars-modified-tick)))
    (unless (eql tick cairn--tick)
      (setq cairn--tick tick)
      (when cairn--timer (cancel-timer cairn--timer))
      (when (and cairn-automatic (not (cairn--menu-is-open-p)))
        (setq cairn--timer (run-with-idle-timer cairn-delay nil #'cairn--ask (current-buffer) 2))))))

;;; Commands

(defun cairn-complete ()
  "Ask for a suggestion here and now."
  (interactive)
  (setq cairn--offer nil)
  (cairn--ask (current-buffer) 1))

(defun cairn-dismiss ()
  "Take the suggestion away until something is typed."
  (interactive)
  (setq cairn--offer nil)
  (cairn--erase))

(defun cairn--insert (text)
  "Insert TEXT, the beginning of the suggestion, as one step of undo."
  (let ((is-all (equal text (cairn--rest)))
        (command (nth 3 cairn--offer)))
    (undo-boundary)
    (insert text)
    (undo-boundary)
    (cairn--draw)
    (when (and is-all command)
      (jsonrpc-async-request
       (eglot-current-server) :workspace/executeCommand
       `(:command ,(plist-get command :command) :arguments ,(or (plist-get command :arguments) []))
       :error-fn #'ignore :timeout-fn #'ignore))))

(defun cairn-accept ()
  "Insert the suggestion."
  (interactive)
  (when-let* ((rest (cairn--rest)))
    (cairn--insert rest)))

(defun cairn-accept-word ()
  "Insert the next word of the suggestion, or its next run of signs."
  (interactive)
  (when-let* ((rest (cairn--rest)))
    (string-match "\\`[[:space:]\n]*\\(?:[[:alnum:]_]+\\|[^[:alnum:]_[:space:]\n]+\\)?" rest)
    (cairn--insert (match-string 0 rest))))

(defun cairn--while-shown (command)
  "A key binding that is COMMAND while a suggestion is shown, and else not there."
  `(menu-item "" ,command :filter ,(lambda (command) (and cairn--overlay command))))

(defvar cairn-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "TAB") (cairn--while-shown #'cairn-accept))
    (define-key map (kbd "C-<right>") (cairn--while-shown #'cairn-accept-word))
    (define-key map (kbd "C-g") (cairn--while-shown #'cairn-dismiss))
    map)
  "Keys of `cairn-mode'; each is what it was while no suggestion is shown.")

(define-minor-mode cairn-mode
  "Show what Cairn suggests, behind the cursor."
  :lighter (:eval (cairn--lighter))
  (if cairn-mode
      (add-hook 'post-command-hook #'cairn--after-command nil t)
    (remove-hook 'post-command-hook #'cairn--after-command t)
    (when cairn--timer (cancel-timer cairn--timer))
    (cairn-dismiss)))

(provide 'cairn)
;;; cairn.el ends here
