;;; emacs_prelude.el --- What the tests' Emacs loads first  -*- lexical-binding: t; -*-

(setq package-directory-list '("/usr/share/emacs/site-lisp/elpa")) ; Debian's
(package-initialize)
(require 'eglot)
(require 'json)
(setq eglot-autoreconnect nil
      eglot-sync-connect t ; however long it takes
      eglot-connect-timeout 60
      eglot-events-buffer-size 0
      eglot-confirm-server-initiated-edits nil
      make-backup-files nil)

(defun test-wait-for (look)
  "Call LOOK until it returns something; at most 60 seconds."
  (with-timeout (60 (error "Not seen within 60 seconds"))
    (let (seen)
      (while (not (setq seen (funcall look)))
        (accept-process-output nil 0.02))
      seen)))

(defun test-open (file)
  "Open FILE, go to its end and connect Eglot."
  (find-file file)
  (goto-char (point-max))
  (apply #'eglot (eglot--guess-contact)))

(defun test-serve (class command)
  "Let Eglot run COMMAND for Python; CLASS is that of the server, or nil."
  (setq eglot-server-programs `((python-mode . ,(if class (cons class command) command)))))

(defun test-ghost ()
  "The suggestion on the screen, or nil."
  (when cairn--overlay
    (substring-no-properties (overlay-get cairn--overlay 'after-string))))
